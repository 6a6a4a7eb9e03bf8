// One number or a few, large: stat, gauge and bar gauge. All are elements, so the text is the number.

import { el, svg } from "../dom.js";
import { fieldsOf, wide, configure, display, title, hidden, reduce, shown, cell, limits, pattern, colorOfSeries, noWord } from "../fields.js";
import { on, ink } from "../colors.js";
import { sparkline } from "./timeseries.js";

// values are what a panel of this kind shows: [{name, field, value, row, calc}]
function values(panel, frames) {
  const o = panel.options?.reduceOptions || {};
  const out = [];
  frames.forEach((frame, at) => {
    const fields = configure(panel, fieldsOf(frame, at));
    if (o.values) {
      const name = fields.find((f) => f.kind === "text");
      const show = chooseFields(o.fields, fields).filter((f) => f !== name || o.fields);
      const n = Math.min(frame.rows.length, o.limit || 60);
      for (let i = 0; i < n; i++) {
        for (const f of show) {
          const label = [name ? display(name, name.values[i]).text : "", !name || show.length > 1 ? title(f) : ""].filter(Boolean).join(" ");
          out.push({ name: label, field: f, value: f.values[i], row: i, label: name });
        }
      }
      return;
    }
    let list = fields;
    const w = wide(fields);
    if (w.time && w.series.some((f) => Object.keys(f.labels).length)) list = [w.time, ...configure(panel, w.series)];
    for (const f of chooseFields(o.fields, list)) {
      for (const calc of o.calcs?.length ? o.calcs : ["lastNotNull"]) out.push({ name: title(f), field: f, ...reduce(f, calc), series: w.time ? f.values : null });
    }
  });
  return out;
}

function chooseFields(wanted, fields) {
  const usable = fields.filter((f) => !hidden(f));
  if (!wanted) return usable.filter((f) => f.kind === "number");
  return usable.filter((f) => pattern(wanted).test(f.name) || pattern(wanted).test(title(f)));
}

const nothing = (list) => !list.length || list.every((x) => x.value === null || x.value === undefined);
const noValue = (panel) => noWord(panel.fieldConfig?.defaults?.noValue);

// linked makes a value a link where it leads somewhere.
function linked(x, text, link) {
  const to = link?.(x.field, x.row);
  return to ? el("a", { href: to.href, target: to.target, rel: to.target ? "noopener" : null, title: to.title }, text) : text;
}

export function stat({ body, panel, frames, link }) {
  const list = values(panel, frames);
  if (nothing(list) && !noValue(panel)) return null;
  const o = panel.options || {};
  const several = list.length > 1;
  const box = el("div.stats" + (o.orientation === "vertical" ? ".tall" : ""));
  for (const x of list) {
    const d = display(x.field, x.value);
    const ground = o.colorMode?.startsWith("background") && d.color && !d.none ? d.color : "";
    const colored = o.colorMode === "none" ? "" : d.color;
    const name = o.textMode === "value" || (!several && o.textMode !== "value_and_name" && o.textMode !== "name") ? "" : x.name;
    const color = ground ? on(ground) : colored;
    box.append(el("div.stat" + (ground ? ".filled" : ""), { vars: { "--ground": ground || "transparent", "--ink": color || "inherit", "--len": Math.max([...d.text].reduce((n, ch) => n + (ch > "⺀" ? 1.8 : 1), 0), 4) } },
      name ? el("div.stat-name", {}, name) : null,
      o.textMode === "name" ? null : el("div.stat-value", shown(x.field, x), linked(x, d.text, link)),
      o.graphMode === "area" && x.series ? sparkline(svg, x.series, ground ? on(ground) : colored || colorOfSeries(x.field)) : null));
  }
  body.append(box);
  return {};
}

export function bargauge({ body, panel, frames, link }) {
  const list = values(panel, frames);
  if (nothing(list)) return null;
  const numbersOnly = list.map((x) => x.value).filter((v) => typeof v === "number");
  const low = Math.min(panel.fieldConfig?.defaults?.min ?? 0, ...numbersOnly);
  const box = el("div.meters", { role: "list" });
  const same = Math.max(...numbersOnly.map(Math.abs), 0);
  for (const x of list) {
    const d = display(x.field, x.value);
    const top = x.field.config.max ?? same;
    const zero = (0 - low) / (top - low || 1);
    const at = ((x.value ?? 0) - low) / (top - low || 1);
    const color = d.color || colorOfSeries(x.field);
    box.append(el("div.gbar", { role: "listitem" },
      el("span.bar-name", { title: x.name, ...(x.label ? cell(x.label, x.row) : {}) }, linked(x, x.name, link)),
      el("span.bar-track", { "aria-hidden": "true" }, el("i", { vars: { "--from": clamp(Math.min(zero, at)), "--to": clamp(Math.max(zero, at)), "--c": color } })),
      el("span.bar-value", { ...shown(x.field, x), vars: { "--ink": panel.options?.valueMode === "text" ? "inherit" : color } }, panel.options?.valueMode === "hidden" ? "" : d.text)));
  }
  body.append(box);
  return {};
}

const clamp = (x) => Math.min(Math.max(x, 0), 1).toFixed(4);

export function gauge({ body, panel, frames, link }) {
  const list = values(panel, frames);
  if (nothing(list) && !noValue(panel)) return null;
  const box = el("div.gauges");
  for (const x of list) {
    const d = display(x.field, x.value);
    const [low, high] = x.field.config.max !== undefined ? [x.field.config.min ?? 0, x.field.config.max] : limits(x.field);
    const at = x.value === null || high <= low ? 0 : Math.min(Math.max((x.value - low) / (high - low), 0), 1);
    const arc = (to) => { const a = Math.PI * (1 - to); return `M10 54A44 44 0 0 1 ${(54 + 44 * Math.cos(a)).toFixed(2)} ${(54 - 44 * Math.sin(a)).toFixed(2)}`; };
    box.append(el("div.gauge", {},
      svg("svg", { viewBox: "0 0 108 62", "aria-hidden": "true" },
        svg("path", { d: arc(1), fill: "none", stroke: ink().soft, "stroke-width": "11" }),
        ...(at > 0 ? [svg("path", { d: arc(at), fill: "none", stroke: d.color || colorOfSeries(x.field), "stroke-width": "11" })] : [])),
      el("div.gauge-value", { ...shown(x.field, x), vars: { "--ink": d.color || "inherit" } }, linked(x, d.text, link)),
      list.length > 1 ? el("div.stat-name", {}, x.name) : null));
  }
  body.append(box);
  return {};
}
