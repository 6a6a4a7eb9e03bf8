// The bar over a board: its variables, the time range, how often it is asked anew, and how old its data is.

import { el, icon, drop, newID } from "./dom.js";
import { say, ranges, rangeText, span } from "./words.js";
import { lang } from "./prefs.js";

export const All = "$__all";

// variable makes the chooser of one variable; v is the board's definition, x its options and choice.
export function variable(v, x, changed) {
  if (v.hide === 2 || v.type === "constant" || v.type === "datasource") return null;
  const name = v.label || v.name;
  if (v.type === "textbox") {
    const id = newID("var");
    const input = el("input", { id, type: "text", maxlength: 200, value: x.chosen[0] ?? "", autocomplete: "off", spellcheck: "false" });
    const send = () => { if (input.value !== (x.chosen[0] ?? "")) changed([input.value]); };
    input.addEventListener("change", send);
    return el("div.var", {}, v.hide === 1 ? null : el("label", { for: id }, name), input);
  }
  const text = (value) => (value === All ? say("all") : x.options.find((o) => o.value === value)?.text ?? value);
  const now = new Set(x.chosen);
  const label = x.chosen.length === 0 ? say("none") : x.chosen.length <= 2 ? x.chosen.map(text).join(", ") : say("chosen", x.chosen.length);
  const button = el("button.chooser", { type: "button", "aria-label": `${name}: ${label}`, title: x.chosen.map(text).join(", ") }, el("span", {}, label), icon("down"));
  let next = null;
  const box = drop(button, (close) => {
    next = new Set(now);
    return options(v, x, next, name, () => { if (!v.multi) close(true); });
  }, { onclose: () => {
    const list = [...next];
    if (list.length !== now.size || list.some((value) => !now.has(value))) changed(list.length ? list : v.includeAll ? [All] : x.chosen);
  } });
  return el("div.var", { "data-var": v.name }, v.hide === 1 ? null : el("span", { "aria-hidden": "true" }, name), box);
}

const most = 200; // options that are drawn at once

function options(v, x, next, name, done) {
  const list = el("div.options", { role: "group", "aria-label": name });
  const group = newID("option");
  const draw = (find) => {
    const all = v.includeAll && !find ? [{ value: All, text: say("all") }] : [];
    const found = x.options.filter((o) => !find || o.text.toLowerCase().includes(find) || o.value.toLowerCase().includes(find));
    const chosenFirst = found.length > most ? [...found.filter((o) => next.has(o.value)), ...found.filter((o) => !next.has(o.value))] : found;
    list.replaceChildren(...[...all, ...chosenFirst.slice(0, most)].map((o) => {
      const input = el("input", { type: v.multi ? "checkbox" : "radio", name: group, checked: next.has(o.value) });
      input.addEventListener("change", () => {
        if (!v.multi) next.clear();
        if (!input.checked) next.delete(o.value);
        else if (o.value === All) next.clear();
        else next.delete(All);
        if (input.checked) next.add(o.value);
        if (v.multi) draw(find); else done();
      });
      return el("label.option", {}, input, el("span", {}, o.text), o.text !== o.value && o.value !== All ? el("small", {}, o.value) : null);
    }));
    if (!list.children.length) list.append(el("p.hint", {}, say("noOptions")));
    if (found.length > most) list.append(el("p.hint", {}, say("moreOptions", found.length - most)));
  };
  draw("");
  const search = x.options.length > 7 ? el("input.search", { type: "search", placeholder: say("search"), "aria-label": say("search"), oninput: (e) => draw(e.target.value.trim().toLowerCase()) }) : null;
  return [search, list].filter(Boolean);
}

// timePicker chooses a range: a quick one or one's own.
export function timePicker(state, zone, changed) {
  const button = el("button.chooser", { type: "button", "aria-label": `${say("timeRange")}: ${rangeText(state.from, state.to)}` }, icon("clock"), el("span", {}, rangeText(state.from, state.to)), icon("down"));
  return drop(button, (close) => {
    const from = el("input", { id: newID("from"), type: "text", value: state.from, required: true, autocomplete: "off" });
    const to = el("input", { id: newID("to"), type: "text", value: state.to, required: true, autocomplete: "off" });
    return el("div.times", {},
      el("form.own", { onsubmit: (e) => { e.preventDefault(); close(true); changed(from.value.trim(), to.value.trim()); } },
        el("h4", {}, say("own")), el("label", { for: from.id }, say("from")), el("div.when", {}, from, calendar(from)), el("label", { for: to.id }, say("to")), el("div.when", {}, to, calendar(to)),
        el("p.hint", {}, say("rangeHelp")), el("button.primary", { type: "submit" }, say("apply")), el("p.hint", {}, say("zone", zone))),
      el("div.quick", {}, el("h4", {}, say("quick")), ranges.map(([a, b, en, zh]) =>
        el("button.item", { type: "button", "aria-pressed": String(a === state.from && b === state.to), onclick: () => { close(true); changed(a, b); } }, lang() === "zh" ? zh : en))));
  });
}

// calendar is the browser's own, beside the text.
function calendar(input) {
  const day = el("input.calendar", { type: "date", tabindex: "-1", "aria-hidden": "true", onchange: () => { if (day.value) input.value = day.value; } });
  return day;
}

const intervals = ["", "10s", "30s", "1m", "5m", "15m", "1h"];

export const seconds = (text) => { const m = /^(\d+)([smh])$/.exec(text || ""); return m ? m[1] * { s: 1, m: 60, h: 3600 }[m[2]] : 0; };

export function refresher(every, changed, now) {
  const pick = el("select", { "aria-label": say("refreshEvery"), title: say("refreshEvery"), onchange: () => changed(pick.value) },
    [...new Set([...intervals, every || ""])].map((i) => el("option", { value: i, selected: i === (every || "") }, i || say("off"))));
  return el("div.refresher", {}, el("button.chooser", { type: "button", "aria-label": say("refresh"), title: say("refresh"), onclick: now }, icon("refresh")), pick);
}

// age says how old the data is, and counts on.
export function age() {
  const e = el("span.age", { role: "status" });
  let at = null;
  const draw = () => {
    if (at === null) return;
    const s = Math.max(0, (Date.now() - at) / 1000);
    e.textContent = say("ago", span(s));
    e.title = say("asOf", new Date(at).toISOString().replace("T", " ").slice(0, 19) + " UTC");
  };
  setInterval(draw, 10_000);
  return { e, draw, hear(answer) { if (answer.age !== undefined) { at = Date.now() - answer.age * 1000; draw(); } } };
}
