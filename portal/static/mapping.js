// What a file's columns are read as: the mapping of a line's parts, and every column with what speaks for it.

import * as kit from "./kit.js";

const { el, say, said } = kit;

// sure is how sure a guess is, as a number and a bar.
const sure = (percent) => el("span.sure", { vars: { "--to": percent / 100 } }, el("i", { "aria-hidden": "true" }), `${percent} %`);

// mapped is where each part of a line is read from; whoever knows better chooses another column.
export function mapped(found, answer) {
  const cols = [{ title: say("part"), main: true }, { title: say("source") }, { title: say("sure") }, { title: say("because") }];
  const names = found.columns.map((c) => c.name);
  return kit.card(say("tryMapping"), el("p.mute", {}, say("tryMappingWhy")),
    kit.table(cols, found.mapped.map((m) => [
      say(`f.${m.field}`, m.field),
      el("div.from", {}, source(found, m, names, answer), ...how(m)),
      sure(m.confidence),
      el("ul.plain", {}, m.evidence.map((t) => el("li", {}, said(t)))),
    ]), { caption: say("tryMapping") }));
}

// source is the column, exchangeable where a person may choose it.
function source(found, m, names, answer) {
  if (!m.column) return el("span", {}, say("always"), " ", el("code", {}, m.constant));
  const id = `columns.${m.field}`;
  if (m.price || found.questions.some((q) => q.id === id)) return el("span", {}, m.column, m.price ? ` × ${say("f.qty")}` : "");
  return kit.choose(names.map((n) => [n, n]), m.column, (v) => answer(id, v), { "data-answer": id, "aria-label": say("columnOf", say(`f.${m.field}`, m.field)) });
}

function how(m) {
  const out = [];
  if (m.optional) out.push(el("small", {}, say("mayBeEmpty")));
  if (m.layouts?.length) out.push(el("small", {}, say("layouts"), " ", ...m.layouts.flatMap((l, i) => [i ? ", " : "", el("code", {}, l)])));
  if (m.zone) out.push(el("small", {}, say("zoneOf", say(`zone.${m.zone}`, m.zone))));
  if (m.negative) out.push(el("small", {}, say("negativeIs", say(`kind.${m.negative}`, m.negative))));
  for (const [k, v] of Object.entries(m.values || {})) out.push(el("small", {}, el("code", {}, k), " → ", say(`kind.${v}`, v)));
  return out;
}

// columns are all of the file's.
export function columns(found) {
  const cols = [{ title: say("column"), main: true }, { title: say("readAs") }, { title: say("sure") }, { title: say("looksLike") }, { title: say("empty"), num: true }, { title: say("examples") }, { title: say("because") }];
  return kit.card(say("tryColumns", found.columns.length),
    kit.table(cols, found.columns.map((c) => [
      c.name,
      c.field ? say(`f.${c.field}`, c.field) : el("span.mute", {}, say("notRead")),
      c.field ? sure(c.confidence) : "",
      say(`shape.${c.shape}`, c.shape),
      c.blank ? kit.figure(c.blank) : "0",
      el("div.examples", {}, c.examples.map((x) => el("code", {}, x))),
      el("ul.plain", {}, c.evidence.map((t) => el("li", {}, said(t)))),
    ]), { caption: say("tryColumns", found.columns.length) }));
}
