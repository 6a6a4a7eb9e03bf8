// Lines, areas, bars and points over time.

import { el } from "../dom.js";
import { chart, tooltip, legend, grid, timeAxis, valueAxis, numbers } from "../chart.js";
import { fieldsOf, wide, configure, display, title, hidden, colorOfSeries, ms } from "../fields.js";
import { shift, time as writeTime } from "../units.js";
import { ink, named, blend } from "../colors.js";

// dataset reads all frames as one list of series with their own times.
export function dataset(panel, frames) {
  const parts = frames.map((f, i) => wide(fieldsOf(f, i))).filter((p) => p.time);
  configure(panel, parts.flatMap((p) => p.series));
  for (const p of parts) configure(panel, [p.time]);
  return parts;
}

const axisX = (t, v) => (t.kind === "day" ? ms(t, v) : shift(v));

export function draw({ body, panel, frames, span, go }) {
  const parts = dataset(panel, frames);
  const all = parts.flatMap((p) => p.series.map((f) => ({ f, t: p.time }))).filter(({ f }) => !hidden(f));
  if (!all.length || all.every(({ f }) => f.values.every((v) => v === null))) return null;
  const bars = all.some(({ f }) => f.config.custom.drawStyle === "bars");
  const percent = stackShares(all);
  const right = all.find(({ f }) => f.config.custom.axisPlacement === "right");
  const left = all.find(({ f }) => f.config.custom.axisPlacement !== "right");
  const points = Math.max(...all.map(({ f }) => f.values.length));
  const items = all.map(({ f }) => ({ name: title(f), color: colorOfSeries(f), field: f }));
  const option = () => ({
    useUTC: true, grid: grid(), legend: { show: false, data: items.map((i) => i.name) },
    tooltip: tooltip("axis", (p) => tip(p, all)),
    xAxis: timeAxis(span, reach(all, span, bars)),
    yAxis: [left && valueAxis(left.f, percent.size ? { max: 1, axisLabel: { formatter: (v) => Math.round(v * 100) + "%", color: ink().mute, fontSize: 11 } } : {}), right && valueAxis(right.f, { position: "right", splitLine: { show: !left } })].filter(Boolean),
    series: all.map(({ f, t }, i) => line(f, t, items[i], { points, percent, axis: right && left && f.config.custom.axisPlacement === "right" ? 1 : 0 })),
  });
  const c = chart(body, option, { onclick: (p) => { const { f } = all[p.seriesIndex]; go?.(f, f.rows[p.dataIndex]); } });
  const l = legend(panel, items, c.toggle);
  if (l) body.append(l);
  return { dispose: c.dispose, table: el("div.tables", {}, parts.map((p) => numbers(panel, [p.time, ...p.series.filter((f) => !hidden(f))], panel.title))) };
}

function line(f, t, item, { points, percent, axis }) {
  const c = f.config.custom;
  const style = c.drawStyle || "line";
  const mode = c.stacking?.mode || "none";
  const share = percent.get(f);
  const dash = c.lineStyle?.fill === "dash" ? (c.lineStyle.dash || [6, 4]) : c.lineStyle?.fill === "dot" ? [1, 4] : "solid";
  const s = {
    name: item.name, type: style === "bars" ? "bar" : style === "points" ? "scatter" : "line", yAxisIndex: axis, color: item.color,
    data: f.values.map((v, i) => [axisX(t, t.values[i]), share ? share[i] : v]),
    stack: mode !== "none" ? "stack-" + (c.stacking.group || "A") : undefined, emphasis: { focus: "none" },
  };
  if (s.type === "line") {
    Object.assign(s, {
      step: { stepBefore: "start", stepAfter: "end" }[c.lineInterpolation], smooth: c.lineInterpolation === "smooth" ? 0.25 : false, smoothMonotone: "x",
      connectNulls: !!c.spanNulls, symbol: "circle", symbolSize: c.pointSize || 4, showSymbol: c.showPoints === "always" || (c.showPoints !== "never" && points <= 30) || lonely(f),
      lineStyle: { width: c.lineWidth ?? 1.8, type: dash }, areaStyle: c.fillOpacity ? { opacity: c.fillOpacity / 100 } : undefined, sampling: points > 2000 ? "lttb" : undefined,
    });
  } else if (s.type === "bar") {
    Object.assign(s, { barMaxWidth: 28, barCategoryGap: "25%", itemStyle: { opacity: Math.max((c.fillOpacity ?? 85) / 100, 0.35) } });
  } else s.symbolSize = c.pointSize || 5;
  const how = c.thresholdsStyle?.mode;
  if (how && how !== "off") {
    s.markLine = { silent: true, symbol: "none", label: { show: false }, data: (f.config.thresholds?.steps || []).filter((x) => x.value !== null && x.value !== undefined).map((x) => ({ yAxis: x.value, lineStyle: { color: named(x.color), type: "dashed", width: 1 } })) };
  }
  return s;
}

// lonely says whether a value stands between gaps, where a line alone would not show it.
const lonely = (f) => f.values.some((v, i) => v !== null && (f.values[i - 1] ?? null) === null && (f.values[i + 1] ?? null) === null);

// reach makes room for all days of the range, and for the whole of the first and the last bar.
function reach(all, span, bars) {
  const xs = [...new Set(all.flatMap(({ t }) => t.values.map((v) => axisX(t, v))))].sort((a, b) => a - b);
  const gap = xs.length > 1 ? Math.min(...xs.slice(1).map((x, i) => x - xs[i])) : 86400e3;
  if (!bars) return { min: Math.min(shift(span.from), xs[0]), max: Math.max(shift(span.to), xs.at(-1)) };
  return { min: Math.min(shift(span.from), xs[0] - gap / 2), max: Math.max(xs.at(-1) + gap / 2, Math.min(shift(span.to), xs.at(-1) + gap)) };
}

// stackShares are the shares of fields that are stacked to a whole.
function stackShares(all) {
  const out = new Map();
  const stacked = all.filter(({ f }) => f.config.custom.stacking?.mode === "percent");
  const sums = new Map();
  for (const { f, t } of stacked) f.values.forEach((v, i) => sums.set(t.values[i], (sums.get(t.values[i]) || 0) + Math.abs(v || 0)));
  for (const { f, t } of stacked) out.set(f, f.values.map((v, i) => (v === null || !sums.get(t.values[i]) ? null : v / sums.get(t.values[i]))));
  return out;
}

function tip(p, all) {
  const list = [p].flat().filter((x) => x.value?.[1] !== null && x.value?.[1] !== undefined);
  if (!list.length) return null;
  const { t } = all[list[0].seriesIndex];
  const at = t.values[list[0].dataIndex];
  const lines = list.map((x) => { const { f } = all[x.seriesIndex]; return { x, f, v: f.values[x.dataIndex] }; });
  lines.sort((a, b) => (b.v ?? 0) - (a.v ?? 0));
  const more = lines.length - 14;
  return {
    head: t.kind === "day" ? at : writeTime(at),
    lines: [...lines.slice(0, 14).map(({ x, f, v }) => [x.color, title(f), display(f, v).text]), ...(more > 0 ? [["", `+ ${more}`, ""]] : [])],
  };
}

// spark is a small line under a number.
export function sparkline(svg, values, color) {
  const v = values.filter((x) => typeof x === "number");
  if (v.length < 2) return null;
  const [low, high] = [Math.min(...v), Math.max(...v)];
  const y = (x) => (high > low ? 30 - ((x - low) / (high - low)) * 26 : 17).toFixed(1);
  const path = v.map((x, i) => `${i ? "L" : "M"}${((i / (v.length - 1)) * 100).toFixed(2)} ${y(x)}`).join("");
  return svg("svg", { viewBox: "0 0 100 32", preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" },
    svg("path", { d: `${path}L100 32L0 32Z`, fill: blend(color, ink().ground, 0.82), stroke: "none" }),
    svg("path", { d: path, fill: "none", stroke: color, "stroke-width": "1.5", "vector-effect": "non-scaling-stroke" }));
}
