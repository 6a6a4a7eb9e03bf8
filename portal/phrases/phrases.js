// Brings what the server says of files and rows into Chinese: the rules of phrases.go, and its book.

import { lang } from "/static/prefs.js";

let book = null;

// open loads the book once, where the page is in Chinese.
export async function open() {
  if (book || lang() !== "zh") return;
  const answer = await fetch("/static/phrases/phrases.txt", { credentials: "same-origin" });
  if (answer.ok) book = read(await answer.text());
}

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\\/-]/g, "\\$&");

const slot = /\{\d[*#"&]?\}/g;

// fills are what slots stand for, by their marks.
const fills = { "": "(.*?)", "*": "(.*?)", "&": "(.*?)", "#": "(\\S*\\d\\S*)", '"': '("(?:[^"\\\\]|\\\\.)*")' };

export function read(text) {
  const list = [];
  for (const line of text.split("\n")) {
    const at = line.indexOf(" => ");
    if (at <= 0 || line.startsWith("#")) continue;
    const en = line.slice(0, at);
    const pieces = en.split(slot);
    const marks = [...en.matchAll(slot)].map((m) => m[0].slice(2, -1));
    list.push({ head: pieces[0], form: new RegExp("^" + pieces.map((p, i) => (i ? fills[marks[i - 1]] : "") + escape(p)).join("") + "$", "s"), zh: line.slice(at + 4), marks, literal: new TextEncoder().encode(pieces.join("")).length });
  }
  return list;
}

const joints = [["; ", "；"], [". ", "。"], [": ", "："], [", and ", "，并且"], [", ", "，"]];

// said is a sentence in the language of the page; what the book does not know stays as it is.
export const said = (text) => (book && lang() === "zh" ? over(book, text)[0] : text);

export function over(list, text) {
  const out = whole(list, text);
  if (out[1] || plain(text)) return [out[0], true];
  for (const [en, zh] of joints) {
    for (let i = text.indexOf(en); i >= 0; i = text.indexOf(en, i + en.length)) {
      const first = whole(list, text.slice(0, i));
      if (!first[1] && !plain(text.slice(0, i))) continue;
      const rest = over(list, text.slice(i + en.length));
      if (rest[1]) return [first[0] + zh + rest[0], true];
    }
  }
  return [text, false];
}

// plain asks for what is as good in Chinese: it has no letters of English, is quoted, or is how a date is written.
const plain = (text) => !/[A-Za-z]/.test(text) || /^[YMDHmsTZ:./ -]+$/.test(text) || /^"(?:[^"\\]|\\.)*"$/.test(text);

function whole(list, text) {
  let best = null;
  let cells = null;
  for (const p of list) {
    if (best && best.literal >= p.literal || !text.startsWith(p.head)) continue;
    const m = p.form.exec(text);
    if (m) [best, cells] = [p, m];
  }
  if (!best) return [text, false];
  let ok = true;
  const out = best.zh.replace(/\{(\d)\}/g, (_, n) => {
    if (best.marks[n - 1] === "&") return cells[n].replaceAll(" and ", " 和 ").replaceAll(" or ", " 或 ");
    if (best.marks[n - 1] !== "*") return cells[n];
    const [inner, known] = over(list, cells[n]);
    ok &&= known;
    return inner;
  });
  return [out, ok];
}
