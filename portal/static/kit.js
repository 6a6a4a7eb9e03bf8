// What the rooms of the portal have in common: asking, saying, numbers and days, and the pieces that they are made of.

import { el, newID } from "/static/dom.js";
import { lang } from "/static/prefs.js";
import * as api from "/static/api.js";
import { said } from "/static/phrases/phrases.js";
import { say } from "./words.js";

// json asks in the language of the page.
export async function json(path, options = {}) {
  const answer = await api.ask(path, { ...options, headers: { "Accept-Language": lang(), ...options.headers } });
  return answer.json();
}

export const post = (path, body, signal) => json(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

export const get = (path, query = {}, signal) => json(address(path, query), { signal });

export function address(path, query) {
  const q = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== "" && v !== null && v !== undefined));
  return q.size ? `${path}?${q}` : path;
}

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 });
const short = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

// figure writes a number, or the text of one, with thousands marks; texts keep all their digits.
export function figure(v) {
  if (v === null || v === undefined || v === "") return "–";
  if (typeof v === "number") return grouped.format(v);
  const m = /^(-?)(\d+)(?:\.(\d*?)0*)?$/.exec(v);
  if (!m) return String(v);
  return m[1] + m[2].replace(/\B(?=(\d{3})+$)/g, ",") + (m[3] ? "." + m[3] : "");
}

export const money = (v) => (v === null || v === undefined ? "–" : short.format(Number(v)));

export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let i = 0;
  while (bytes >= 1024 && i < units.length - 1) { bytes /= 1024; i++; }
  return `${i && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${units[i]}`;
}

// moment is a time in a zone: 2026-03-02 14:30.
export function moment(at, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone === "Local" ? undefined : zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(new Date(at));
  const of = Object.fromEntries(parts.map((p) => [p.type, p.value]));
  return `${of.year}-${of.month}-${of.day} ${of.hour}:${of.minute}`;
}

export const day = (at, zone) => moment(at, zone).slice(0, 10);

// days is a span of days, written once where it is one.
export const days = (from, to) => (from === to ? from : `${from} – ${to}`);

// why is what an error says, in the language of the page.
export function why(e) {
  const own = { offline: "offline", slow: "slow", busy: "busy", restricted: "restricted" }[e.code];
  return own ? say(own) : said(e.message);
}

export const note = (kind, ...children) => el(`div.notice.${kind}`, { role: kind === "bad" ? "alert" : null }, ...children.map((c) => (typeof c === "string" ? el("p", {}, c) : c)));

export const failed = (e, again) => note("bad", el("p", {}, why(e)), again ? el("button.act.small", { type: "button", onclick: again }, say("again")) : null);

export function card(title, ...children) {
  const id = newID("card");
  return el("section.card", { "aria-labelledby": title ? id : null }, title ? el("h2", { id }, title) : null, ...children);
}

export const pill = (kind, text) => el(`span.state.${kind}`, {}, text);

// field is a control with its label above it.
export function field(label, control, hint) {
  const id = control.id || (control.id = newID("field"));
  const below = hint ? el("small", { id: `${id}-hint` }, hint) : null;
  if (below) control.setAttribute("aria-describedby", below.id);
  return el("div.field", {}, el("label", { for: id }, label), control, below);
}

export function choose(options, chosen, onchange, props = {}) {
  const e = el("select", { ...props, onchange: () => onchange(e.value) }, options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
  return e;
}

// table is a table that becomes a list of cards on a phone: every cell carries its column's name.
export function table(columns, rows, { caption, kind = "" } = {}) {
  const head = columns.map((c) => el("th", { scope: "col", class: c.num ? "num" : null }, c.title));
  const body = rows.map((cells, i) => row(columns, cells, i));
  return el(`div.wide${kind ? "." + kind : ""}`, { tabindex: "0", role: "region", "aria-label": caption }, el("table.sheet", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body)));
}

export function row(columns, cells, at = 0) {
  return el("tr", { "data-row": at }, cells.map((c, j) => {
    const col = columns[j];
    const props = { "data-name": col.title, class: [col.num ? "num" : "", col.main ? "main" : ""].join(" ").trim() || null };
    return j === 0 || col.main ? el("th", { scope: "row", ...props }, c ?? "") : el("td", props, c ?? "");
  }));
}

// zone to drop files on, or to choose them with.
export function dropzone({ label, hint, multiple = false, take }) {
  const input = el("input", { type: "file", multiple, class: "unseen", onchange: () => { if (input.files.length) take([...input.files]); input.value = ""; } });
  const id = input.id = newID("file");
  const zone = el("label.dropzone", { for: id },
    el("strong", {}, label), el("span", {}, hint));
  let depth = 0;
  const over = (on) => zone.classList.toggle("over", on);
  zone.addEventListener("dragenter", (e) => { e.preventDefault(); depth++; over(true); });
  zone.addEventListener("dragover", (e) => e.preventDefault());
  zone.addEventListener("dragleave", () => { if (--depth <= 0) { depth = 0; over(false); } });
  zone.addEventListener("drop", (e) => {
    e.preventDefault();
    depth = 0;
    over(false);
    const files = [...e.dataTransfer.files];
    if (files.length) take(multiple ? files : files.slice(0, 1));
  });
  return el("div.dropper-file", {}, input, zone);
}

// save gives the browser a file to keep.
export function save(name, text, type) {
  const a = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}

// button does something that takes a while; meanwhile it can't be pressed again.
export function button(text, act, { kind = "", ...props } = {}) {
  const b = el(`button.act${kind ? "." + kind : ""}`, { type: "button", ...props, onclick: async (e) => {
    if (b.getAttribute("aria-disabled") === "true") return;
    b.setAttribute("aria-disabled", "true");
    try { await act(e); } finally { b.removeAttribute("aria-disabled"); }
  } }, text);
  return b;
}

// teller says what has happened to those who do not see the page.
export function teller() {
  const e = el("p.unseen", { role: "status", "aria-live": "polite" });
  return { e, tell: (text) => { e.textContent = ""; setTimeout(() => { e.textContent = text; }, 60); } };
}

// ticker calls f every so often while the page is looked at.
export function ticker(f, ms) {
  const t = setInterval(() => { if (!document.hidden) f(); }, ms);
  return () => clearInterval(t);
}

// key is a new name for a request that may have to be sent again.
export const key = () => "page/" + [...crypto.getRandomValues(new Uint8Array(15))].map((b) => b.toString(36).padStart(2, "0")).join("");

export { el, newID, say, said, lang };
