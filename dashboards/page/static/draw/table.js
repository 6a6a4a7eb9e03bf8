// Tables: sorted by any column, cells with units, colours and links, a bar in a cell, sums below.

import { el } from "../dom.js";
import { say } from "../words.js";
import { fieldsOf, configure, display, title, hidden, cell, reduce, limits } from "../fields.js";
import { even, together } from "../units.js";
import { on } from "../colors.js";

const step = 100; // rows at once

export function draw({ body, panel, frames, link, memory }) {
  const boxes = frames.filter((f) => f.rows.length).map((f) => one(panel, f, frames.indexOf(f), link, memory));
  if (!boxes.length) return null;
  body.append(...boxes);
  return {};
}

function one(panel, frame, at, link, memory) {
  const fields = configure(panel, fieldsOf(frame, at));
  const columns = fields.filter((f) => !hidden(f));
  for (const f of columns) if (f.kind === "number" && f.config.decimals === undefined && even(f.config.unit)) f.config.decimals = together(f.values);
  const first = panel.options?.sortBy?.[0];
  const sort = memory.sort || (memory.sort = first ? { name: first.displayName, desc: !!first.desc } : {});
  let rows = order(columns, sort, frame.rows.length);
  let count = Math.min(rows.length, memory.rows || step);
  const tbody = el("tbody");
  const more = el("button.more", { type: "button", onclick: () => { count = memory.rows = Math.min(rows.length, count + 5 * step); fill(); } });
  const paint = columns.map((f) => painter(f, link));
  const fill = () => {
    while (tbody.rows.length > count) tbody.lastChild.remove();
    for (let i = tbody.rows.length; i < count; i++) tbody.append(el("tr", {}, paint.map((p) => p(rows[i]))));
    more.hidden = count >= rows.length;
    more.textContent = say("moreRows", rows.length - count);
  };
  const heads = columns.map((f) => {
    const th = el("th" + side(f), { scope: "col", vars: width(f) }, el("button", { type: "button", title: f.config.description || say("sortBy", title(f)), onclick: () => {
      const same = sort.name === title(f);
      Object.assign(sort, { name: title(f), desc: same ? !sort.desc : f.kind === "number" });
      rows = order(columns, sort, frame.rows.length);
      tbody.replaceChildren();
      mark();
      fill();
    } }, title(f), el("i", { "aria-hidden": "true" })));
    return th;
  });
  const mark = () => columns.forEach((f, i) => heads[i].setAttribute("aria-sort", sort.name !== title(f) ? "none" : sort.desc ? "descending" : "ascending"));
  mark();
  fill();
  const footer = panel.options?.footer;
  return el("div.scroll", { tabindex: "0", role: "region", "aria-label": panel.title || "table" }, el("table.data", {},
    el("thead", {}, el("tr", {}, heads)), tbody, footer?.show ? el("tfoot", {}, el("tr", {}, columns.map((f, i) => {
      const wanted = f.kind === "number" && (!footer.fields?.length || footer.fields.includes(f.name));
      if (!wanted) return el("td", {}, i === 0 ? say("total") : "");
      const r = reduce(f, footer.reducer?.[0] || "sum");
      return el("td.num", r.calc ? { "data-calc": `${f.frame},${r.calc},${f.col}` } : {}, display(f, r.value).text);
    }))) : null), more, frame.cut ? el("p.cut", {}, say("cut", frame.cut)) : null);
}

function order(columns, sort, n) {
  const rows = Array.from({ length: n }, (_, i) => i);
  const f = columns.find((c) => title(c) === sort.name || c.name === sort.name);
  if (!f) return rows;
  const compare = f.kind === "number" || f.kind === "time" ? (a, b) => a - b : (a, b) => String(a).localeCompare(String(b), undefined, { numeric: true });
  return rows.sort((i, j) => {
    const [a, b] = [f.values[i], f.values[j]];
    if (a === null || b === null) return (a === null) - (b === null) || i - j;
    return (sort.desc ? -compare(a, b) : compare(a, b)) || i - j;
  });
}

const side = (f) => (f.config.custom.align && f.config.custom.align !== "auto" ? "." + f.config.custom.align : f.kind === "number" ? ".num" : "");
const width = (f) => (f.config.custom.width ? { "--w": f.config.custom.width + "px" } : null);

// painter makes the cells of a column.
function painter(f, link) {
  const custom = f.config.custom;
  const how = custom.cellOptions?.type || custom.displayMode || "auto";
  const [low, high] = /gauge|lcd|gradient|basic/.test(how) ? limits(f) : [0, 0];
  return (i) => {
    const d = display(f, f.values[i]);
    const to = link?.(f, i);
    const text = to ? el("a", { href: to.href, target: to.target, rel: to.target ? "noopener" : null, title: to.title }, d.text) : d.text;
    const props = { ...cell(f, i), vars: {} };
    let kind = "td" + side(f);
    if (how.startsWith("color-background") && d.color) {
      kind += ".filled";
      Object.assign(props.vars, { "--ground": d.color, "--ink": on(d.color) });
    } else if (how === "color-text" && d.color) props.vars["--ink"] = d.color;
    if (/gauge|lcd|gradient|basic/.test(how) && typeof f.values[i] === "number") {
      return el(kind + ".meter", props, el("span", {}, text), el("i", { "aria-hidden": "true", vars: { "--to": high > low ? Math.max(0, (f.values[i] - Math.min(low, 0)) / (high - Math.min(low, 0))).toFixed(4) : 0, "--c": d.color || "var(--accent)" } }));
    }
    if (d.mapped && d.color && how === "auto") return el(kind, props, el("span.pill", { vars: { "--c": d.color } }, text));
    return el(kind, props, text);
  };
}
