// Heat maps, state time lines and status histories: coloured cells by row and column.

import { el } from "../dom.js";
import { chart, tooltip, grid, timeAxis, axisLabel, axisLine, numbers } from "../chart.js";
import { fieldsOf, wide, configure, display, title, hidden, ms } from "../fields.js";
import { shift, time as writeTime } from "../units.js";
import { ink, scale, series as seriesColor, on } from "../colors.js";

export function heatmap({ body, panel, frames, go }) {
  const frame = frames.find((f) => f.rows.length);
  if (!frame) return null;
  const fields = configure(panel, fieldsOf(frame, frames.indexOf(frame)));
  const visible = fields.filter((f) => !hidden(f));
  const keys = visible.filter((f) => f.kind !== "number");
  const values = visible.filter((f) => f.kind === "number");
  if (!values.length) return null;
  // Rows of (x, y, value), or an x and a number for each y.
  const x = keys.find((f) => f.kind === "time" || f.kind === "day") || keys[0] || values[0];
  let y = keys.find((f) => f !== x);
  let cells;
  let rest = values.filter((f) => f !== x);
  const own = panel.options?.cellValues || {};
  for (const f of rest) f.config = { ...f.config, unit: own.unit ?? f.config.unit, decimals: own.decimals ?? f.config.decimals };
  if (!y && rest.length === 2 && !keys.some((f) => f !== x)) { y = rest[0]; rest = rest.slice(1); }
  if (y) cells = y.values.map((v, i) => ({ x: text(x, i), y: text(y, i), field: rest[0], i }));
  else cells = rest.flatMap((f) => f.values.map((_, i) => ({ x: text(x, i), y: title(f), field: f, i })));
  cells = cells.filter((c) => c.field && c.field.values[c.i] !== null);
  if (!cells.length) return null;
  const unique = (f, list) => { const u = [...new Set(list)]; return f && f.kind !== "text" ? u.sort((a, b) => (isNaN(a) || isNaN(b) ? (a < b ? -1 : a > b) : a - b)) : u; };
  const xs = unique(x, cells.map((c) => c.x));
  const ys = unique(y, cells.map((c) => c.y));
  const numbersOf = cells.map((c) => c.field.values[c.i]);
  const low = panel.options?.color?.min ?? cells[0].field.config.min ?? Math.min(...numbersOf, 0);
  const high = panel.options?.color?.max ?? cells[0].field.config.max ?? Math.max(...numbersOf);
  const colors = scale(cells[0].field.config.color?.mode?.startsWith("continuous") ? cells[0].field.config.color.mode : panel.options?.color?.scheme ? "continuous-" + panel.options.color.scheme.toLowerCase() : "");
  const shade = (v) => (high > low ? (v - low) / (high - low) : 0);
  const option = (width, height) => ({
    grid: grid({ bottom: 34 }), tooltip: tooltip("item", (p) => { const c = cells[p.dataIndex]; return { head: `${c.x} · ${c.y}`, lines: [[p.color, title(c.field), display(c.field, c.field.values[c.i]).text]] }; }),
    xAxis: { type: "category", data: xs, axisLine: axisLine(), axisTick: { show: false }, splitArea: { show: false }, axisLabel: axisLabel({ formatter: brief(xs) }) },
    yAxis: { type: "category", data: ys, inverse: true, axisLine: axisLine(), axisTick: { show: false }, axisLabel: axisLabel({ width: width * 0.3, overflow: "truncate" }) },
    visualMap: { type: "continuous", min: low, max: high, calculable: false, orient: "horizontal", left: "center", bottom: 0, itemWidth: 8, itemHeight: 130, inRange: { color: colors }, text: [display(cells[0].field, high).text, display(cells[0].field, low).text], textStyle: { color: ink().mute, fontSize: 11 } },
    series: [{ type: "heatmap", data: cells.map((c) => {
      const v = c.field.values[c.i];
      return { value: [xs.indexOf(c.x), ys.indexOf(c.y), v], label: { color: on(colors[Math.min(colors.length - 1, Math.round(shade(v) * (colors.length - 1)))]) } };
    }), itemStyle: { borderColor: ink().ground, borderWidth: 1 },
      label: { show: (width * 0.8) / xs.length > 44 && (height - 60) / ys.length > 16, fontSize: 11, formatter: (p) => { const c = cells[p.dataIndex]; return display(c.field, c.field.values[c.i]).text; } } }],
  });
  const c = chart(body, option, { onclick: (p) => go?.(cells[p.dataIndex].field, cells[p.dataIndex].i) });
  return { dispose: c.dispose, table: numbers(panel, visible, panel.title) };
}

// brief leaves the year out of days that all have the same.
function brief(names) {
  const day = /^\d{4}-\d\d-\d\d/;
  return names.every((n) => day.test(n) && n.slice(0, 4) === names[0].slice(0, 4)) ? (n) => n.slice(5) : (n) => n;
}

const text = (f, i) => display({ ...f, config: { ...f.config, mappings: f.kind === "number" ? [] : f.config.mappings } }, f.values[i]).text;

export const stateTimeline = (ctx) => states(ctx, true);
export const statusHistory = (ctx) => states(ctx, false);

// states draws a row of coloured stretches for each series. Merge joins neighbours of one value.
function states({ body, panel, frames, span, go }, merge) {
  const parts = frames.map((f, i) => split(panel, fieldsOf(f, i))).filter((p) => p.time && p.series.length);
  const rows = parts.flatMap((p) => p.series.map((f) => ({ f, t: p.time })));
  if (!rows.length) return null;
  const cells = [];
  const legendOf = new Map();
  rows.forEach(({ f, t }, y) => {
    const at = t.values.map((v) => (t.kind === "day" ? ms(t, v) : shift(v)));
    const steps = at.slice(1).map((v, i) => v - at[i]).filter((d) => d > 0).sort((a, b) => a - b);
    const usual = steps[steps.length >> 1] || 86400e3;
    for (let i = 0; i < at.length; i++) {
      if (f.values[i] === null || f.values[i] === undefined) continue;
      let j = i;
      while (merge && j + 1 < at.length && f.values[j + 1] === f.values[i]) j++;
      const d = display(f, f.values[i]);
      const color = d.color || seriesColor([...legendOf.keys()].indexOf(d.text) < 0 ? legendOf.size : [...legendOf.keys()].indexOf(d.text));
      if (!legendOf.has(d.text)) legendOf.set(d.text, color);
      const end = merge ? at[j + 1] ?? Math.min(at[j] + usual, Math.max(shift(span.to), at[j] + 1)) : at[i] + usual;
      cells.push({ y, from: at[i], to: end, color: d.color || legendOf.get(d.text), text: d.text, named: d.mapped || f.kind !== "number", f, t, i, j });
      i = j;
    }
  });
  if (!cells.length) return null;
  const whole = { min: Math.min(...cells.map((c) => c.from)), max: Math.max(...cells.map((c) => c.to)) };
  const tall = Math.max(0.4, Math.min(panel.options?.rowHeight || 0.9, 1));
  const option = (width) => ({
    useUTC: true, grid: grid(), tooltip: tooltip("item", (p) => {
      const c = cells[p.dataIndex];
      const name = (v) => (c.t.kind === "day" ? v : writeTime(v));
      return { head: name(c.t.values[c.i]) + (c.j > c.i ? " – " + name(c.t.values[c.j]) : ""), lines: [[c.color, title(c.f), c.text]] };
    }),
    xAxis: timeAxis(span, whole), yAxis: { type: "category", data: rows.map(({ f }) => title(f)), inverse: true, axisLine: { show: false }, axisTick: { show: false }, axisLabel: axisLabel({ width: width * 0.3, overflow: "truncate", color: ink().text }) },
    series: [{
      type: "custom", encode: { x: [0, 1], y: 2 }, data: cells.map((c) => [c.from, c.to, c.y]),
      renderItem: (_, api) => {
        const c = cells[_.dataIndex];
        const [a, b] = [api.coord([api.value(0), c.y]), api.coord([api.value(1), c.y])];
        const h = api.size([0, 1])[1] * tall;
        const gap = merge ? 0.5 : Math.min(2, (b[0] - a[0]) * 0.12);
        const w = Math.max(b[0] - a[0] - gap, 1);
        const wide = merge && panel.options?.showValue !== "never" && w > c.text.length * 7 + 10 && h > 14;
        return { type: "rect", shape: { x: a[0], y: a[1] - h / 2, width: w, height: h, r: 2 }, style: { fill: c.color },
          textContent: wide ? { style: { text: c.text, fill: on(c.color), fontSize: 11 } } : undefined, textConfig: wide ? { position: "inside" } : undefined };
      },
    }],
  });
  const c = chart(body, option, { onclick: (p) => { const x = cells[p.dataIndex]; go?.(x.f, x.f.rows[x.i]); } });
  if (panel.options?.legend?.showLegend !== false && cells.some((c) => c.named)) body.append(el("div.legend", {}, [...legendOf].slice(0, 12).map(([name, color]) => el("span.key", {}, el("i", { vars: { "--c": color } }), el("span", {}, name)))));
  return { dispose: c.dispose, table: el("div.tables", {}, parts.map((p) => numbers(panel, [p.time, ...p.series], panel.title))) };
}

// split reads states: by series where a text column names the series and another column is the state.
function split(panel, fields) {
  const time = fields.find((f) => f.kind === "time" || f.kind === "day");
  const others = fields.filter((f) => f !== time);
  configure(panel, fields);
  const visible = others.filter((f) => !hidden(f));
  if (!time || visible.length < 2 || visible[0].kind !== "text" || visible[0].values.length === new Set(time.values).size) return { time, series: visible };
  // Long: the text column names the series, the next one is its state.
  const [name, state] = [visible[0], visible[1]];
  const as = state.kind === "number" ? wide([time, name, state]) : wideText(time, name, state);
  configure(panel, [as.time]);
  return { time: as.time, series: configure(panel, as.series) };
}

function wideText(time, name, state) {
  const w = wide([time, name, { ...state, kind: "number" }]);
  for (const f of w.series) f.kind = state.kind;
  return w;
}

