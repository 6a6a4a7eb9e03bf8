// An answer as fields, and a field's configuration: Grafana's defaults and overrides, value mappings, thresholds.
//
// A field remembers of each value which row and column of the answer it is, so what is shown can be compared with what
// was answered.

import { say } from "./words.js";
import { number, time, isTime } from "./units.js";
import { named, series as seriesColor, scale, along } from "./colors.js";

// kinds of a field: time (milliseconds), day (text), number, bool, text.
function kind(type) {
  const t = type.replace(/^(?:LowCardinality|Nullable)\(/g, "").replace(/^Nullable\(/, "");
  if (/^DateTime/.test(t)) return "time";
  if (/^Date/.test(t)) return "day";
  if (/^(U?Int|Float|BFloat|Decimal)/.test(t)) return "number";
  if (/^Bool/.test(t)) return "bool";
  return "text";
}

// fieldsOf reads a frame.
export function fieldsOf(frame, at = 0) {
  return frame.columns.map((name, col) => {
    const k = kind(frame.types[col]);
    return {
      name, col, kind: k, frame: at, ref: frame.ref, labels: {},
      values: frame.rows.map((r) => (k === "number" && typeof r[col] === "string" ? Number(r[col]) : r[col])),
      rows: frame.rows.map((_, i) => i),
    };
  });
}

export const ms = (f, v) => (v === null ? null : f.kind === "day" ? Date.parse(v + "T00:00:00Z") : v);

// wide turns rows with labels into one field a series: a time field and, per label, the numbers at each time.
export function wide(fields) {
  const t = fields.find((f) => f.kind === "time" || f.kind === "day");
  const labels = fields.filter((f) => f.kind === "text" || f.kind === "bool");
  const numbers = fields.filter((f) => f.kind === "number");
  if (!t || !labels.length || !numbers.length) return { time: t, series: numbers };
  const at = new Map();
  t.values.forEach((v) => { if (v !== null && !at.has(v)) at.set(v, 0); });
  const times = [...at.keys()].sort((a, b) => (ms(t, a) < ms(t, b) ? -1 : 1));
  times.forEach((v, i) => at.set(v, i));
  const found = new Map();
  t.values.forEach((v, i) => {
    if (v === null) return;
    const key = labels.map((l) => l.values[i] ?? "").join(", ");
    for (const n of numbers) {
      const name = numbers.length > 1 ? `${n.name} ${key}` : key;
      if (!found.has(name)) {
        found.set(name, { name, col: n.col, kind: n.kind, frame: n.frame, ref: n.ref, labels: Object.fromEntries(labels.map((l) => [l.name, l.values[i]])), values: Array(times.length).fill(null), rows: Array(times.length).fill(null) });
      }
      const f = found.get(name);
      f.values[at.get(v)] = n.values[i];
      f.rows[at.get(v)] = i;
    }
  });
  return { time: { ...t, values: times, rows: times.map((v) => t.values.indexOf(v)) }, series: [...found.values()] };
}

function matches(matcher, field) {
  const o = matcher.options;
  switch (matcher.id) {
    case "byName": return o === field.name;
    case "byNames": return (o.names || o || []).includes(field.name) !== (o.mode === "exclude");
    case "byRegexp": return pattern(o).test(field.name);
    case "byType": return o === field.kind || (o === "string" && field.kind === "text") || (o === "time" && field.kind === "day") || (o === "boolean" && field.kind === "bool");
    case "byFrameRefID": return o === field.ref;
  }
  return false;
}

export function pattern(text) {
  const m = String(text).match(/^\/(.*)\/([a-z]*)$/s);
  try { return m ? new RegExp(m[1], m[2]) : new RegExp(`^(?:${text})$`); } catch { return /^$/; }
}

// configure gives fields their configuration.
export function configure(panel, fields) {
  const defaults = panel.fieldConfig?.defaults || {};
  fields.forEach((field, i) => {
    const c = structuredClone(defaults);
    c.custom ||= {};
    for (const o of panel.fieldConfig?.overrides || []) {
      if (!matches(o.matcher, field)) continue;
      for (const p of o.properties || []) put(c, p.id, p.value);
    }
    field.config = c;
    field.index = i;
  });
  const numbers = fields.filter((f) => f.kind === "number");
  numbers.forEach((f, i) => { f.colorIndex = i; });
  return fields;
}

function put(c, id, value) {
  const path = id.split(".");
  const last = path.pop();
  let at = c;
  for (const p of path) at = at[p] ||= {};
  at[last] = value;
}

export const title = (f) => (f.config.displayName || "").replace(/\$\{__field\.labels\.(\w+)\}/g, (_, l) => f.labels[l] ?? "").replace(/\$\{__(?:field|series)\.name\}/g, f.name) || f.name;

export const hidden = (f) => !!(f.config.custom.hidden || f.config.custom.hideFrom?.viz);

// noWord is what stands for no value where a value would stand: a word of the board if it is a short one. A sentence is a
// panel's reason for showing nothing, and stands there alone.
export const noWord = (text) => (text && [...text].length <= 4 ? text : "");

// display is how a value is shown: its text, and its colour where it has one.
export function display(field, v) {
  const c = field.config;
  const mapped = mapping(c.mappings, v);
  if (mapped) {
    const text = mapped.text ?? (v === null ? noWord(c.noValue) || say("nan") : write(field, v));
    return { text, color: mapped.color ? named(mapped.color) : colorOf(field, v), mapped: mapped.text !== undefined };
  }
  if (v === null || v === undefined || v === "") return { text: v === "" ? "" : noWord(c.noValue) || say("nan"), color: "", none: true };
  return { text: write(field, v), color: colorOf(field, v) };
}

function write(field, v) {
  const c = field.config;
  if (Array.isArray(v)) return v.map((x) => (x === null ? say("nan") : String(x))).join(", ");
  switch (field.kind) {
    case "number": return isTime(c.unit) ? time(v, c.unit) : number(v, c.unit, c.decimals);
    case "time": return time(v, isTime(c.unit) ? c.unit : "");
    case "day": return String(v);
    case "bool": return say(v ? "true" : "false");
  }
  return String(v);
}

function mapping(list, v) {
  for (const m of list || []) {
    const o = m.options || {};
    if (m.type === "value" && v !== null && Object.hasOwn(o, String(v))) return o[String(v)];
    if (m.type === "range" && typeof v === "number" && (o.from === null || o.from === undefined || v >= o.from) && (o.to === null || o.to === undefined || v <= o.to)) return o.result;
    if (m.type === "regex" && typeof v === "string" && pattern(o.pattern).test(v)) return { ...o.result, text: o.result.text === undefined ? undefined : v.replace(pattern(o.pattern), o.result.text) };
    if (m.type === "special") {
      const is = { null: v === null, nan: Number.isNaN(v), "null+nan": v === null || Number.isNaN(v), true: v === true, false: v === false, empty: v === "" }[o.match];
      if (is) return o.result;
    }
  }
  return null;
}

// colorOf is a value's colour by the field's mode; empty where values have none.
export function colorOf(field, v) {
  const mode = field.config.color?.mode || "thresholds";
  if (typeof v !== "number") return mode === "fixed" ? named(field.config.color.fixedColor) : "";
  if (mode === "thresholds") return threshold(field, v);
  if (mode === "fixed" || mode === "shades") return named(field.config.color.fixedColor);
  if (mode.startsWith("continuous-")) {
    const [low, high] = limits(field);
    return along(scale(mode), high > low ? (v - low) / (high - low) : 0);
  }
  return "";
}

export function limits(field) {
  const values = field.values.filter((v) => typeof v === "number");
  return [field.config.min ?? Math.min(...values, 0), field.config.max ?? Math.max(...values, 0)];
}

export function threshold(field, v) {
  const t = field.config.thresholds;
  if (!t?.steps?.length) return "";
  let at = v;
  if (t.mode === "percentage") {
    const [low, high] = limits(field);
    at = high > low ? ((v - low) / (high - low)) * 100 : 0;
  }
  let color = "";
  for (const s of t.steps) if (s.value === null || s.value === undefined || at >= s.value) color = s.color;
  return named(color);
}

// colorOfSeries is the colour of a whole field.
export function colorOfSeries(field) {
  const c = field.config.color;
  if (c?.mode === "fixed" && c.fixedColor) return named(c.fixedColor);
  if (c?.mode === "thresholds") {
    const last = field.values.findLast((v) => v !== null);
    const color = typeof last === "number" ? threshold(field, last) : "";
    if (color && field.config.thresholds.steps.length > 1) return color;
  }
  return seriesColor(field.colorIndex ?? field.index ?? 0);
}

// reduce makes one value of many; row is where it stands, for calculations that choose one.
export function reduce(field, calc = "lastNotNull") {
  const v = field.values;
  const there = v.map((x, i) => i).filter((i) => v[i] !== null && v[i] !== undefined);
  const pickAt = (i) => (i === undefined || i < 0 ? { value: null, row: null } : { value: v[i], row: field.rows[i] });
  const numbers = there.map((i) => v[i]).filter((x) => typeof x === "number");
  const sum = () => numbers.reduce((a, b) => a + b, 0);
  const best = (better) => pickAt(there.reduce((a, i) => (a === undefined || better(v[i], v[a]) ? i : a), undefined));
  switch (calc) {
    case "last": return pickAt(v.length - 1);
    case "first": return pickAt(v.length ? 0 : -1);
    case "firstNotNull": return pickAt(there[0]);
    case "min": return best((a, b) => a < b);
    case "max": return best((a, b) => a > b);
    case "sum": return { value: numbers.length ? sum() : null, calc };
    case "mean": return { value: numbers.length ? sum() / numbers.length : null, calc };
    case "count": return { value: v.length, calc };
    case "distinctCount": case "uniqueValues": return { value: new Set(v).size, calc };
    case "range": return { value: numbers.length ? Math.max(...numbers) - Math.min(...numbers) : null, calc };
    case "diff": return { value: numbers.length ? numbers.at(-1) - numbers[0] : null, calc };
  }
  return pickAt(there.at(-1));
}

// cell says of an element which cell of the answer its text shows.
export const cell = (field, row) => (row === null || row === undefined ? {} : { "data-cell": `${field.frame},${row},${field.col}` });
export const shown = (field, r) => (r.calc ? { "data-calc": `${field.frame},${r.calc},${field.col}` } : cell(field, r.row));
