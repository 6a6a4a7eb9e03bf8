// What all charts share: ECharts in the page's colours, tooltips as elements (the page's policy allows no style in
// markup), a legend of real buttons, sizes that follow the panel, and the numbers as a table for whoever reads no canvas.

import { el } from "./dom.js";
import { say } from "./words.js";
import { lang } from "./prefs.js";
import { ink } from "./colors.js";
import { display, title, cell, reduce, configure } from "./fields.js";
import { shift } from "./units.js";

export const ready = () => typeof globalThis.echarts !== "undefined";

const font = () => getComputedStyle(document.body).fontFamily;

// chart puts a chart into a box and keeps its size. The canvas is for eyes; the table beside it is for everybody.
export function chart(box, option, { onclick, height } = {}) {
  const holder = el("div.chart", { "aria-hidden": "true", vars: height ? { "--chart": height + "px" } : null });
  box.append(holder);
  let c = null;
  let frame = 0;
  const draw = () => {
    frame = 0;
    const { clientWidth: width, clientHeight: high } = holder;
    if (!width || !high) return;
    if (!c) {
      c = echarts.init(holder, null, { renderer: "canvas", locale: lang() === "zh" ? "ZH" : "EN", width, height: high });
      c.setOption({ animation: false, textStyle: { fontFamily: font() }, ...option(width, high) });
      if (onclick) c.on("click", onclick);
      return;
    }
    if (c.getWidth() !== width || c.getHeight() !== high) {
      c.resize({ width, height: high });
      c.setOption(option(width, high), { replaceMerge: [] });
    }
  };
  const sizes = new ResizeObserver(() => { frame ||= requestAnimationFrame(draw); });
  sizes.observe(holder);
  return {
    toggle: (name) => c?.dispatchAction({ type: "legendToggleSelect", name }),
    dispose: () => { sizes.disconnect(); cancelAnimationFrame(frame); c?.dispose(); },
  };
}

// tooltip is the option of a tooltip whose content is an element: a head and lines of [color, name, text].
export function tooltip(trigger, content) {
  const i = ink();
  return {
    trigger, confine: true, appendTo: undefined, transitionDuration: 0, padding: [6, 9], backgroundColor: i.ground, borderColor: i.line, textStyle: { color: i.text, fontSize: 12 },
    axisPointer: { type: "line", lineStyle: { color: i.mute, width: 1, type: [3, 3] }, shadowStyle: { color: "rgba(128,140,155,.12)" } },
    formatter: (p) => {
      const got = content(p);
      if (!got) return "";
      return el("div.tip", {}, el("strong", {}, got.head), ...got.lines.map(([color, name, text]) =>
        el("div", {}, el("i", { vars: { "--c": color || "transparent" } }), el("span", {}, name), el("b", {}, text))));
    },
  };
}

export const axisLine = () => ({ lineStyle: { color: ink().line } });
export const axisLabel = (more) => ({ color: ink().mute, fontSize: 11, hideOverlap: true, ...more });
export const splitLine = () => ({ lineStyle: { color: ink().soft, width: 1 } });
export const grid = (more) => ({ left: 6, right: 14, top: 12, bottom: 4, containLabel: true, ...more });

// timeAxis spans the board's range, in the page's time zone.
export function timeAxis(span, more) {
  return {
    type: "time", min: shift(span.from), max: shift(span.to), axisLine: axisLine(), axisTick: { lineStyle: { color: ink().line } }, splitLine: { show: false },
    axisLabel: axisLabel(), minInterval: 1000, ...more,
  };
}

// valueAxis writes its labels as its field does.
export function valueAxis(field, more) {
  const c = field?.config || { custom: {} };
  return {
    type: "value", min: c.min, max: c.max, scale: false, position: c.custom.axisPlacement === "right" ? "right" : undefined,
    name: c.custom.axisLabel || undefined, nameTextStyle: { color: ink().mute, fontSize: 11 }, nameLocation: "middle", nameGap: 40,
    axisLine: { show: false }, axisTick: { show: false }, splitLine: splitLine(), splitNumber: 4,
    axisLabel: axisLabel({ formatter: (v) => field ? display({ ...field, config: { ...c, decimals: undefined, mappings: [] } }, v).text : v }), ...more,
  };
}

// legend names what is drawn: [{name, color, field}]. A press hides and shows it.
export function legend(panel, items, toggle) {
  const o = panel.options?.legend || {};
  if (o.showLegend === false || o.displayMode === "hidden" || !items.length) return null;
  const calcs = o.calcs || [];
  return el("div.legend" + (o.placement === "right" ? ".side" : ""), {}, items.map((item) => {
    const b = el("button", { type: "button", "aria-pressed": "true", onclick: () => {
      b.setAttribute("aria-pressed", b.getAttribute("aria-pressed") === "true" ? "false" : "true");
      toggle?.(item.name);
    } }, el("i", { vars: { "--c": item.color } }), el("span", {}, item.name), ...calcs.map((calc) => {
      const r = reduce(item.field, calc);
      return el("b", {}, display(item.field, r.value).text);
    }));
    if (!toggle) b.disabled = true;
    return b;
  }));
}

const most = 400; // rows of a table that stands beside a chart

// numbers is a chart's data as a table: what a screen reader reads, and what "show as table" shows.
export function numbers(panel, fields, name) {
  const n = Math.max(0, ...fields.map((f) => f.values.length));
  return el("div.numbers", { tabindex: "-1" }, el("table", {},
    el("caption", {}, say("dataOf", name)),
    el("thead", {}, el("tr", {}, fields.map((f) => el("th" + (f.kind === "number" ? ".num" : ""), { scope: "col" }, title(f))))),
    el("tbody", {}, Array.from({ length: Math.min(n, most) }, (_, i) => el("tr", {}, fields.map((f) =>
      el("td" + (f.kind === "number" ? ".num" : ""), cell(f, f.rows[i]), f.rows[i] === null ? "" : display(f, f.values[i]).text)))))),
  n > most ? el("p", {}, say("restIsInFile", n - most)) : null);
}

// plainly gives fields a configuration of their own where they had none.
export const plainly = (panel, fields) => configure(panel, fields.map((f) => ({ ...f })));
