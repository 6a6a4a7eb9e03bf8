// A panel of text: markdown as elements. Markup in it is text.

import { el } from "../dom.js";

export function draw({ body, panel, vars }) {
  const text = String(panel.options?.content ?? "").replace(/\$\{(\w+)(?::\w+)?\}|\$([a-zA-Z]\w*)/g, (m, a, b) => (vars[a || b] ? vars[a || b].join(", ") : m));
  body.append(el("div.prose", {}, panel.options?.mode === "code" ? el("pre", {}, text) : markdown(text)));
  return {};
}

// markdown reads headings, lists, tables, code, quotes and paragraphs.
export function markdown(text) {
  const out = [];
  const lines = text.replace(/\r/g, "").split("\n");
  const take = (test) => { const got = []; while (lines.length && test(lines[0])) got.push(lines.shift()); return got; };
  while (lines.length) {
    const line = lines[0];
    const head = line.match(/^(#{1,6})\s+(.*)/);
    if (!line.trim()) lines.shift();
    else if (head) { lines.shift(); out.push(el("h" + Math.min(head[1].length + 2, 6), {}, inline(head[2]))); }
    else if (line.startsWith("```")) { lines.shift(); out.push(el("pre", {}, take((l) => !l.startsWith("```")).join("\n"))); lines.shift(); }
    else if (/^\s*[-*+]\s/.test(line)) out.push(el("ul", {}, take((l) => /^\s*[-*+]\s/.test(l)).map((l) => el("li", {}, inline(l.replace(/^\s*[-*+]\s/, ""))))));
    else if (/^\s*\d+[.)]\s/.test(line)) out.push(el("ol", {}, take((l) => /^\s*\d+[.)]\s/.test(l)).map((l) => el("li", {}, inline(l.replace(/^\s*\d+[.)]\s/, ""))))));
    else if (/^\s*\|/.test(line)) out.push(rows(take((l) => /^\s*\|/.test(l))));
    else if (/^>/.test(line)) out.push(el("blockquote", {}, markdown(take((l) => /^>/.test(l)).map((l) => l.replace(/^> ?/, "")).join("\n"))));
    else if (/^(-{3,}|\*{3,})$/.test(line.trim())) { lines.shift(); out.push(el("hr")); }
    else out.push(el("p", {}, inline(take((l) => l.trim() && !/^(#{1,6}\s|```|\s*[-*+]\s|\s*\d+[.)]\s|\s*\||>)/.test(l)).join(" ") || lines.shift())));
  }
  return out;
}

function rows(lines) {
  const cells = lines.map((l) => l.trim().replace(/^\||\|$/g, "").split("|").map((c) => c.trim()));
  const body = cells.filter((r) => !r.every((c) => /^:?-+:?$/.test(c)));
  return el("table", {}, el("thead", {}, el("tr", {}, body[0].map((c) => el("th", {}, inline(c))))), el("tbody", {}, body.slice(1).map((r) => el("tr", {}, r.map((c) => el("td", {}, inline(c)))))));
}

const mark = /`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\b_([^_]+)_\b|\[([^\]]+)\]\(([^)\s]+)\)/;

export function inline(text) {
  const out = [];
  let rest = text;
  for (let m; (m = rest.match(mark)); rest = rest.slice(m.index + m[0].length)) {
    out.push(rest.slice(0, m.index));
    if (m[1] !== undefined) out.push(el("code", {}, m[1]));
    else if (m[2] ?? m[3]) out.push(el("strong", {}, inline(m[2] ?? m[3])));
    else if (m[4] ?? m[5]) out.push(el("em", {}, inline(m[4] ?? m[5])));
    else out.push(safe(m[7]) ? el("a", { href: m[7] }, inline(m[6])) : m[6]);
  }
  return [...out, rest].filter((x) => x !== "");
}

function safe(href) {
  try { return /^https?:$/.test(new URL(href, location.href).protocol); } catch { return false; }
}
