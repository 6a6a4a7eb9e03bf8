// When reports are due: a month of days, each with the reports that were to be there by then.

import * as kit from "./kit.js";

const { el, say } = kit;

// marks of a state, so that it is seen without colours.
const marks = { "on time": "✓", late: "◔", missing: "✕", due: "·" };
const kinds = { "on time": "good", late: "fair", missing: "bad", due: "dull" };
const names = { "on time": "dueOnTime", late: "dueLate", missing: "dueMissing", due: "dueDue" };

const iso = (y, m, d) => new Date(Date.UTC(y, m, d)).toISOString().slice(0, 10);

export function calendar({ about, base }) {
  const today = kit.day(Date.now(), about.zone);
  let month = today.slice(0, 7);
  let turn = 0;
  const body = el("div");
  const label = el("strong", { "aria-live": "polite" });
  const move = (by) => { const [y, m] = month.split("-").map(Number); month = iso(y, m - 1 + by, 1).slice(0, 7); load(); };
  const e = kit.card(say("caTitle"),
    el("div.months", {},
      el("button.act.small", { type: "button", "aria-label": say("caBefore"), onclick: () => move(-1) }, "‹"), label,
      el("button.act.small", { type: "button", "aria-label": say("caAfter"), onclick: () => move(1) }, "›")),
    body);

  async function load() {
    const mine = ++turn;
    const [y, m] = month.split("-").map(Number);
    const first = iso(y, m - 1, 1);
    const last = iso(y, m, 0);
    label.textContent = new Intl.DateTimeFormat(kit.lang() === "zh" ? "zh-CN" : "en", { year: "numeric", month: "long", timeZone: "UTC" }).format(new Date(first));
    let got;
    try { // a report is due after its period: what ended before may be due in the month
      got = await kit.get(`${base}/calendar`, { from: iso(y, m - 2, 1), to: last });
    } catch (x) {
      if (mine === turn && x.code !== "login") body.replaceChildren(kit.failed(x, load));
      return;
    }
    if (mine !== turn) return;
    const on = new Map();
    for (const d of got.due) {
      const at = kit.day(d.due, about.zone);
      if (at < first || at > last) continue;
      if (!on.has(at)) on.set(at, []);
      on.get(at).push(d);
    }
    body.replaceChildren(on.size ? grid(first, last, on) : kit.note("say", say("caNone")), legend());
  }

  const tells = (d) => [d.feed, kit.days(d.from, d.to), say(names[d.state]), say("caBy", kit.moment(d.due, about.zone)), d.known ? say("caCame", kit.moment(d.known, about.zone)) : ""].filter(Boolean).join(" · ");

  function chip(d) {
    return el(`span.due.${kinds[d.state]}`, { title: tells(d), "data-state": d.state, "data-feed": d.feed }, el("i", { "aria-hidden": "true" }, marks[d.state]), el("span", {}, d.feed), el("span.unseen", {}, ` ${tells(d)}`));
  }

  function grid(first, last, on) {
    const lead = (new Date(first).getUTCDay() + 6) % 7; // weeks begin on Monday, as in the rules
    const names = Array.from({ length: 7 }, (_, i) => new Intl.DateTimeFormat(kit.lang() === "zh" ? "zh-CN" : "en", { weekday: "short", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1 + i))));
    const cells = Array.from({ length: lead }, () => null);
    for (let t = Date.parse(first); t <= Date.parse(last); t += 86400e3) cells.push(new Date(t).toISOString().slice(0, 10));
    while (cells.length % 7) cells.push(null);
    const weeks = [];
    for (let i = 0; i < cells.length; i += 7) weeks.push(cells.slice(i, i + 7));
    return el("table.month", {}, el("caption.unseen", {}, say("caTitle")),
      el("thead", {}, el("tr", {}, names.map((n) => el("th", { scope: "col" }, n)))),
      el("tbody", {}, weeks.map((w) => el("tr", {}, w.map((d) => {
        if (!d) return el("td.off");
        const due = on.get(d) || [];
        return el(`td${d === today ? ".today" : ""}${due.length ? "" : ".free"}`, { "data-day": d }, el("time", { datetime: d }, String(Number(d.slice(8)))), ...due.slice(0, 6).map(chip), due.length > 6 ? el("span.mute", {}, say("caMore", due.length - 6)) : null);
      })))));
  }

  const legend = () => el("p.legend-due", {}, Object.keys(marks).map((s) => el(`span.due.${kinds[s]}`, {}, el("i", { "aria-hidden": "true" }, marks[s]), el("span", {}, say(names[s])))), el("span.mute", {}, say("caZone", about.zone)));

  return { e, load };
}
