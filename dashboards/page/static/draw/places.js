// Points at two numbers, as large as a third: places by longitude and latitude.

import { chart, tooltip, grid, axisLabel, axisLine, splitLine, numbers } from "../chart.js";
import { fieldsOf, configure, display, title, hidden } from "../fields.js";
import { series as seriesColor } from "../colors.js";

export function xychart({ body, panel, frames, go }) {
  const frame = frames.find((f) => f.rows.length);
  if (!frame) return null;
  const fields = configure(panel, fieldsOf(frame, frames.indexOf(frame)));
  const named = (of) => fields.find((f) => f.name === panel.options?.series?.[0]?.[of]?.matcher?.options);
  const figures = fields.filter((f) => f.kind === "number" && !hidden(f));
  const x = named("x") || figures[0];
  const y = named("y") || figures.find((f) => f !== x);
  const size = named("size");
  const name = fields.find((f) => f.kind === "text" && !hidden(f));
  if (!x || !y) return null;
  const there = x.values.map((_, i) => i).filter((i) => x.values[i] !== null && y.values[i] !== null);
  if (!there.length) return null;
  const { min = 6, max = 40 } = panel.fieldConfig?.defaults?.custom?.pointSize || {};
  const most = size ? Math.max(...there.map((i) => Math.max(size.values[i] || 0, 0))) : 0;
  const wide = (i) => (most > 0 ? min + (max - min) * Math.sqrt(Math.max(size.values[i] || 0, 0) / most) : min + 4); // an area says how much
  const axis = (f) => ({ type: "value", scale: true, axisLine: axisLine(), axisTick: { show: false }, splitLine: splitLine(), splitNumber: 4, axisLabel: axisLabel({ formatter: (v) => display({ ...f, config: { ...f.config, mappings: [] } }, v).text }) });
  const rest = [x, y, ...fields.filter((f) => f !== x && f !== y && f !== name && !hidden(f))];
  const option = () => ({
    grid: grid({ right: 24, top: 20 }),
    tooltip: tooltip("item", (p) => {
      const i = there[p.dataIndex];
      return { head: name ? display(name, name.values[i]).text : "", lines: rest.map((f) => [f === size ? p.color : "", title(f), display(f, f.values[i]).text]) };
    }),
    xAxis: axis(x), yAxis: axis(y),
    series: [{ type: "scatter", color: seriesColor(0), itemStyle: { opacity: 0.55 }, symbolSize: (_, p) => wide(there[p.dataIndex]), data: there.map((i) => [x.values[i], y.values[i]]) }],
  });
  const c = chart(body, option, { onclick: (p) => { const f = name || size || x; go?.(f, f.rows[there[p.dataIndex]]); } });
  return { dispose: c.dispose, table: numbers(panel, [...(name ? [name] : []), ...rest], panel.title) };
}
