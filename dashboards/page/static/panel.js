// One panel: its head, what it shows, and what it says when there is nothing to show.

import { el, icon, drop, newID } from "./dom.js";
import { say, span as spanText } from "./words.js";
import * as api from "./api.js";
import { ready } from "./chart.js";
import { fill } from "./links.js";
import { fieldsOf, configure, noWord } from "./fields.js";
import { markdown, draw as text } from "./draw/text.js";
import { draw as timeseries } from "./draw/timeseries.js";
import { stat, bargauge, gauge } from "./draw/stat.js";
import { draw as table } from "./draw/table.js";
import { barchart, histogram, piechart } from "./draw/categories.js";
import { heatmap, stateTimeline, statusHistory } from "./draw/grids.js";
import { xychart } from "./draw/places.js";

const kinds = {
  text, stat, gauge, bargauge, table, timeseries, barchart, histogram, piechart, heatmap, xychart,
  graph: timeseries, "state-timeline": stateTimeline, "status-history": statusHistory,
};
const canvas = new Set(["timeseries", "graph", "barchart", "histogram", "piechart", "heatmap", "xychart", "state-timeline", "status-history"]);

// create makes a panel. board gives {uid, request(), state, vars, span, navigate, heard(answer)}.
export function create(def, board) {
  const id = newID("panel");
  const body = el("div.body");
  const note = el("div.note", { hidden: true, role: "status" });
  const head = el("header");
  const section = el("section.panel", { "data-panel": def.id, "data-kind": def.type, "aria-labelledby": id }, head, body, note);
  if (!def.title && def.type !== "text") section.classList.add("bare");
  let shown = null; // {dispose, table}
  let asTable = false;
  let loading = null;
  let answer = null;
  const memory = {};

  const titled = def.title ? replaceVars(def.title, board.vars()) : "";
  head.append(el("h3", { id, title: titled }, titled));
  if (def.description) {
    head.append(drop(el("button.quiet", { type: "button", "aria-label": say("about", titled) }, icon("info")), () => el("div.prose", {}, markdown(replaceVars(def.description, board.vars()))), { right: true }));
  }
  if (def.type !== "text") head.append(menu());
  if (!def.title && !def.description && def.type === "text") head.hidden = true;

  function menu() {
    return drop(el("button.quiet.dots", { type: "button", "aria-label": say("menuOf", titled) }, icon("more")), (close) => [
      shown?.table ? el("button.item", { type: "button", onclick: () => { asTable = !asTable; close(true); look(); } }, say(asTable ? "asChart" : "asTable")) : null,
      el("button.item", { type: "button", onclick: () => { close(true); enlarge(); } }, say(section.classList.contains("large") ? "shrink" : "enlarge")),
      def.asks ? el("button.item", { type: "button", onclick: async () => {
        close(true);
        try { await api.file(board.uid, def.id, board.request()); } catch (e) { fail(e); }
      } }, say("csv")) : null,
    ].filter(Boolean), { right: true });
  }

  function enlarge() {
    const on = section.classList.toggle("large");
    document.body.classList.toggle("has-large", on);
    if (!on) return;
    const leave = (e) => {
      if (e.key !== "Escape") return;
      section.classList.remove("large");
      document.body.classList.remove("has-large");
      removeEventListener("keydown", leave);
    };
    addEventListener("keydown", leave);
  }

  async function load() {
    if (!def.asks) { show(); section.dataset.done = "1"; return; }
    loading?.abort();
    const mine = (loading = new AbortController());
    section.classList.add("loading");
    section.setAttribute("aria-busy", "true");
    try {
      const got = await api.panel(board.uid, def.id, board.request(), mine.signal);
      if (mine.signal.aborted) return;
      answer = section.answer = got;
      board.heard(got);
      show();
    } catch (e) {
      if (e.name === "AbortError" || e.code === "login") return;
      fail(e);
    } finally {
      if (loading === mine) { section.classList.remove("loading"); section.removeAttribute("aria-busy"); section.dataset.done = "1"; }
    }
  }

  function clear() {
    shown?.dispose?.();
    shown = null;
    body.className = "body";
    body.replaceChildren();
    note.hidden = true;
    note.className = "note";
    note.replaceChildren();
    delete section.dataset.state;
  }

  function show() {
    const scrolled = body.querySelector(".scroll")?.scrollTop || 0;
    clear();
    const frames = answer?.frames || [];
    const draw = kinds[def.type] || table;
    const use = canvas.has(def.type) && !ready() ? table : draw;
    try {
      shown = use({ body, panel: { ...def, title: titled }, frames, span: answer || board.span(), vars: board.vars(), link, go, memory });
    } catch (e) {
      fail(e);
      console.error(e);
      return;
    }
    if (!shown) { empty(); return; }
    if (use !== draw) body.append(el("p.cut", {}, say("noCharts")));
    const cut = frames.reduce((n, f) => n + (f.cut || 0), 0);
    if (cut && use !== table) body.append(el("p.cut", {}, say("cut", cut)));
    if (shown.table) { shown.table.classList.add("hidden-table"); section.append(shown.table); }
    const dispose = shown.dispose;
    shown.dispose = () => { dispose?.(); shown.table?.remove(); };
    look();
    const box = body.querySelector(".scroll");
    if (box) box.scrollTop = scrolled;
    section.dataset.state = "shown";
  }

  function look() { section.classList.toggle("as-table", asTable && !!shown?.table); }

  function empty() {
    section.dataset.state = "empty";
    const live = def.datasource?.type === "prometheus";
    const text = def.fieldConfig?.defaults?.noValue;
    note.hidden = false;
    note.append(el("p", {}, text && !noWord(text) ? text : def.asks ? say(live ? "emptyLive" : "empty") : say("noPanel")));
  }

  function fail(e) {
    clear();
    section.dataset.state = "failed";
    section.dataset.done = "1";
    note.hidden = false;
    note.classList.add("bad");
    const known = { offline: "offline", slow: "slow", granted: "granted", restricted: "granted" }[e.code];
    note.append(el("p", {}, el("strong", {}, say(known || "failed"))), el("p.why", {}, e.code === "granted" ? "" : e.message));
    if (e.code !== "granted") note.append(el("button", { type: "button", onclick: () => (e.code === "variable" ? board.reload() : load()) }, say("retry")));
  }

  // link is where a cell leads.
  function link(field, row) {
    const l = field?.config?.links?.[0];
    if (!l?.url || row === null || row === undefined) return null;
    const href = fill(l.url, scope(field, row));
    if (!href) return null;
    const outside = new URL(href, location.href).origin !== location.origin;
    return { href, title: l.title || null, target: l.targetBlank || outside ? "_blank" : null };
  }

  function scope(field, row) {
    const frame = answer.frames[field.frame];
    return { state: board.state(), vars: board.vars(), span: answer, fields: configure(def, fieldsOf(frame, field.frame)), field, row };
  }

  function go(field, row) {
    const to = link(field, row);
    if (!to) return;
    if (to.target) window.open(to.href, "_blank", "noopener");
    else board.navigate(to.href);
  }

  return {
    section, load,
    redraw: () => { if (section.dataset.state === "shown" || section.dataset.state === "empty") show(); },
    dispose: () => { loading?.abort(); clear(); },
    age: () => (answer?.age === undefined ? "" : spanText(answer.age)),
  };
}

const replaceVars = (text, vars) => text.replace(/\$\{(\w+)(?::\w+)?\}|\$([a-zA-Z]\w*)/g, (m, a, b) => (vars[a || b] ? (vars[a || b][0] === "$__all" ? say("all") : vars[a || b].join(", ")) : m));
