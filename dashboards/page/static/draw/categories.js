// Bars by category, histograms and pies.

import { el } from "../dom.js";
import { chart, tooltip, legend, grid, valueAxis, axisLabel, axisLine, numbers } from "../chart.js";
import { fieldsOf, configure, display, title, hidden, colorOfSeries, colorOf, reduce, wide, shown } from "../fields.js";
import { ink, series as seriesColor, named } from "../colors.js";

export function barchart({ body, panel, frames, go }) {
  const frame = frames.find((f) => f.rows.length);
  if (!frame) return null;
  const o = panel.options || {};
  const fields = configure(panel, fieldsOf(frame, frames.indexOf(frame)));
  const x = fields.find((f) => o.xField && (f.name === o.xField || title(f) === o.xField)) || fields.find((f) => f.kind === "text") || fields.find((f) => f.kind !== "number") || fields[0];
  const ys = fields.filter((f) => f !== x && f.kind === "number" && !hidden(f));
  if (!ys.length || ys.every((f) => f.values.every((v) => v === null))) return null;
  ys.forEach((f, i) => { f.colorIndex = i; });
  const names = x.values.map((v) => display(x, v).text);
  const flat = o.orientation === "horizontal";
  const percent = o.stacking === "percent";
  const sums = x.values.map((_, i) => ys.reduce((n, f) => n + Math.abs(f.values[i] || 0), 0));
  const items = ys.map((f) => ({ name: title(f), color: colorOfSeries(f), field: f }));
  const many = names.length * (o.stacking && o.stacking !== "none" ? 1 : ys.length);
  const colored = ys.length === 1 && ["thresholds"].includes(ys[0].config.color?.mode) && (ys[0].config.thresholds?.steps?.length || 0) > 1;
  const each = ys.length === 1 && (ys[0].config.color?.mode || "").startsWith("continuous");
  const category = (room) => ({
    type: "category", data: names, inverse: flat, axisLine: axisLine(), axisTick: { show: false },
    axisLabel: axisLabel({ width: flat ? Math.min(180, room * 0.36) : Math.max(room / names.length - 6, 90), overflow: "truncate", rotate: flat ? 0 : -(o.xTickLabelRotation || 0) || (names.some((n) => textWidth(n) + 8 > (room - 50) / names.length) ? 32 : 0), interval: names.length <= (flat ? 40 : 16) ? 0 : "auto", hideOverlap: true }),
  });
  const option = (width) => {
    const value = valueAxis(ys[0], percent ? { max: 1, axisLabel: axisLabel({ formatter: (v) => Math.round(v * 100) + "%" }) } : flat ? { splitNumber: Math.max(2, Math.floor(width / 160)) } : {});
    return {
      grid: grid({ right: flat ? 56 : 14, top: 18 }), legend: { show: false, data: items.map((i) => i.name) },
      tooltip: tooltip("axis", (p) => ({ head: names[p[0].dataIndex], lines: p.map((s) => [s.color, s.seriesName, display(ys[s.seriesIndex], ys[s.seriesIndex].values[s.dataIndex]).text + (percent && sums[s.dataIndex] ? ` (${Math.round((100 * s.value) )}%)` : "")]) })),
      xAxis: flat ? value : category(width), yAxis: flat ? category(width) : value,
      series: ys.map((f, i) => ({
        name: items[i].name, type: "bar", color: items[i].color, barMaxWidth: flat ? 22 : 44, barCategoryGap: "28%", stack: o.stacking && o.stacking !== "none" ? "all" : undefined,
        label: { show: o.showValue === "always" || (o.showValue !== "never" && !(o.stacking && o.stacking !== "none") && many <= (flat ? 40 : width / 52)), position: flat ? "right" : "top", color: ink().mute, fontSize: 11, formatter: (p) => display(f, f.values[p.dataIndex]).text },
        data: f.values.map((v, j) => ({ value: percent && sums[j] ? (v || 0) / sums[j] : v, itemStyle: colored || each ? { color: colorOf(f, v) } : undefined })),
      })),
    };
  };
  const c = chart(body, option, { onclick: (p) => go?.(ys[p.seriesIndex], ys[p.seriesIndex].rows[p.dataIndex]), height: flat ? Math.max(120, names.length * 24 + 40) : 0 });
  if (flat && names.length * 22 > 200) body.classList.add("tall");
  const l = ys.length > 1 ? legend(panel, items, c.toggle) : null;
  if (l) body.append(l);
  return { dispose: c.dispose, table: numbers(panel, [x, ...fields.filter((f) => f !== x && !hidden(f))], panel.title) };
}

export function histogram({ body, panel, frames }) {
  const fields = frames.flatMap((f, i) => configure(panel, fieldsOf(f, i))).filter((f) => f.kind === "number" && !hidden(f));
  const values = fields.flatMap((f) => f.values.filter((v) => typeof v === "number"));
  if (!values.length) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const whole = values.every(Number.isInteger);
  const size = panel.options?.bucketSize || Math.max(nice((high - low) / (panel.options?.bucketCount || 24)) || 1, whole ? 1 : 0);
  const from = Math.floor(low / size) * size;
  const n = Math.floor((high - from) / size) + 1;
  const edges = Array.from({ length: n }, (_, i) => from + i * size);
  const counts = fields.map((f) => { const c = Array(n).fill(0); f.values.forEach((v) => { if (typeof v === "number") c[Math.min(n - 1, Math.floor((v - from) / size))]++; }); return c; });
  const name = (i) => display(fields[0], edges[i]).text + (whole && size === 1 ? "" : ` – ${display(fields[0], edges[i] + size).text}`);
  const option = () => ({
    grid: grid(), tooltip: tooltip("axis", (p) => ({ head: name(p[0].dataIndex), lines: p.map((s) => [s.color, s.seriesName, String(s.value)]) })),
    xAxis: { type: "category", data: edges.map((e) => display(fields[0], e).text), axisLine: axisLine(), axisTick: { show: false }, axisLabel: axisLabel() },
    yAxis: valueAxis(null), series: fields.map((f, i) => ({ name: title(f), type: "bar", barCategoryGap: "4%", color: colorOfSeries(f), data: counts[i] })),
  });
  const c = chart(body, option);
  return { dispose: c.dispose, table: numbers(panel, fields, panel.title) };
}

const nice = (x) => { const p = 10 ** Math.floor(Math.log10(x || 1)); return p * ([1, 2, 2.5, 5, 10].find((m) => m * p >= x) || 10); };

export function piechart({ body, panel, frames, go, link }) {
  const o = panel.options || {};
  const slices = [];
  frames.forEach((frame, at) => {
    const fields = configure(panel, fieldsOf(frame, at));
    const name = fields.find((f) => f.kind === "text");
    const numbersOf = fields.filter((f) => f.kind === "number" && !hidden(f));
    if (name && (o.reduceOptions?.values || !fields.some((f) => f.kind === "time" || f.kind === "day"))) {
      for (const f of numbersOf.slice(0, 1)) f.values.forEach((v, i) => slices.push({ name: display(name, name.values[i]).text, field: f, value: v, row: i, color: mappedColor(name, name.values[i]) }));
      return;
    }
    const w = wide(fields);
    for (const f of w.time ? configure(panel, w.series) : numbersOf) slices.push({ name: title(f), field: f, color: f.config.color?.mode === "fixed" ? named(f.config.color.fixedColor) : "", ...reduce(f, o.reduceOptions?.calcs?.[0]) });
  });
  const there = slices.filter((s) => s.value !== null);
  const sum = there.reduce((n, s) => n + Math.max(s.value, 0), 0);
  if (!there.length || !sum) return null;
  there.forEach((s, i) => { s.color ||= seriesColor(i); });
  const share = (s) => `${((100 * Math.max(s.value, 0)) / sum).toFixed(1)}%`;
  const c = chart(body, () => ({
    tooltip: tooltip("item", (p) => { const s = there[p.dataIndex]; return { head: s.name, lines: [[s.color, display(s.field, s.value).text, share(s)]] }; }),
    legend: { show: false, data: there.map((s) => s.name) },
    series: [{ type: "pie", radius: o.pieType === "donut" ? ["56%", "88%"] : [0, "88%"], center: ["50%", "50%"], label: { show: false }, labelLine: { show: false }, itemStyle: { borderColor: ink().ground, borderWidth: 1.5 },
      data: there.map((s) => ({ name: s.name, value: Math.max(s.value, 0), itemStyle: { color: s.color } })) }],
  }), { onclick: (p) => go?.(there[p.dataIndex].field, there[p.dataIndex].row) });
  body.classList.add("pie");
  body.append(el("ul.slices", {}, there.map((s) => {
    const to = link?.(s.field, s.row);
    return el("li", {}, el("i", { vars: { "--c": s.color } }), el("span", { title: s.name }, to ? el("a", { href: to.href, title: to.title }, s.name) : s.name), el("b", shown(s.field, s), display(s.field, s.value).text), el("em", {}, share(s)));
  })));
  return { dispose: c.dispose };
}

// textWidth is about how wide a label is.
const textWidth = (text) => [...text].reduce((n, ch) => n + (ch > "⺀" ? 11.5 : 6.4), 0);

const mappedColor = (f, v) => (f.config.mappings?.length ? display(f, v).color : "");
