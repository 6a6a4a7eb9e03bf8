// The room where people say what partners' codes mean: the codes by what hangs on them, what each may mean, and the press
// that writes it down; then the page watches the lines find their product.

import * as kit from "./kit.js";
import { open as openBook } from "/static/phrases/phrases.js";
import { meanings, entryRow } from "./meanings.js";

const { el, say } = kit;

export default function room({ main, site, title }) {
  const live = kit.teller();
  const list = el("div", { class: "codes" });
  const head = el("div.totals");
  const recent = el("div");
  const filter = { by: "units", partner: "" };
  let partners = [];
  let got = null;
  let stop = () => {};
  let closed = false;
  const watched = new Map(); // what was mapped here, by its code, until its lines are gone

  const id = (c) => [c.partner, c.what, c.code].join("\n");

  async function load() {
    let answer;
    try {
      answer = await kit.get("/api/unmatched", filter);
    } catch (e) {
      if (!closed && e.code !== "login") list.replaceChildren(kit.failed(e, load));
      return;
    }
    if (closed) return;
    got = answer;
    draw();
  }

  function frame() {
    title(say("unTitle"));
    const names = [["", say("allPartners")], ...partners.map((p) => [p.id, p.name || p.id])];
    main.replaceChildren(el("header.top", {}, el("h1", {}, say("unTitle"))), live.e,
      el("p.lead", {}, say("unLead")),
      el("div.fields.filter", {},
        kit.field(say("partner"), kit.choose(names, filter.partner, (v) => { filter.partner = v; load(); })),
        kit.field(say("unBy"), kit.choose([["units", say("byUnits")], ["money", say("byMoney")], ["lines", say("byLines")]], filter.by, (v) => { filter.by = v; load(); }))),
      head, list, recent);
  }

  function drawTotal(total) {
    head.replaceChildren(...[
      [kit.figure(total.codes), say("unCodes")], [kit.figure(total.lines), say("lines")], [kit.figure(total.units), say("f.qty")], [total.money === null ? "–" : `${kit.money(total.money)} ${got.currency}`, say("money")],
    ].map(([value, name]) => el("div.figure", { "data-total": name }, el("strong", {}, value), el("span", {}, name))));
  }

  function draw() {
    drawTotal(got.total);
    const open = list.querySelector("details[open]")?.dataset.id;
    const cards = got.codes.map((c) => code(c, id(c) === open));
    for (const [key, w] of watched) if (!got.codes.some((c) => id(c) === key)) cards.unshift(w.card);
    list.replaceChildren(...[
      got.folder ? null : kit.note("say", say("unNoFolder")),
      got.folder && !got.applies ? kit.note("say", say("unNotApplied")) : null,
      cards.length ? null : kit.note("good", say("unNone")),
    ].filter(Boolean), ...cards);
    recent.replaceChildren(...(got.recent.length ? [kit.card(say("unRecent"), entries())] : []));
  }

  // code is one code: its weight, and what it may mean once it is opened.
  function code(c, open) {
    const key = id(c);
    const running = watched.get(key);
    if (running) { running.lines(c.lines); return running.card; }
    const inside = el("div.inside");
    const weight = el("span.weight", {}, el("b", {}, kit.figure(c.units)), " ", say("units", c.units), " · ", el("b", {}, kit.figure(c.lines)), " ", say("linesOf", c.lines), c.money === null ? "" : " · ", c.money === null ? "" : el("b", {}, kit.money(c.money)), c.money === null ? "" : ` ${got.currency}`);
    const card = el("details.card.code", { "data-id": key, "data-code": c.code, open, ontoggle: () => { if (card.open && !inside.childElementCount) fill(); } },
      el("summary", {},
        el("span.name", {}, el("code", {}, c.code), el("span.mute", {}, say(`what.${c.what}`))),
        el("span.mute", {}, partner(c.partner)),
        weight,
        el("span.mute", {}, kit.days(c.first, c.last))),
      inside);

    async function fill() {
      if (c.what === "pack") {
        inside.replaceChildren(kit.note("say", say("unPack", c.code)));
        return;
      }
      inside.replaceChildren(el("p.working", {}, say("unLooking")));
      try {
        const said = await kit.get("/api/unmatched/code", { partner: c.partner, what: c.what, code: c.code });
        inside.replaceChildren(meanings({ code: c, said, folder: got.folder, choose: (entry) => map(c, entry, card, inside) }));
      } catch (e) {
        if (e.code !== "login") inside.replaceChildren(kit.failed(e, fill));
      }
    }
    if (open) fill();
    return card;
  }

  const partner = (p) => partners.find((x) => x.id === p)?.name || p;

  // map writes down what a code means. Errors are the caller's to show.
  async function map(c, entry, card, inside) {
    const answer = await kit.post("/api/unmatched/map", entry);
    const bar = el("progress", { max: c.lines, value: 0, "aria-label": say("unFlows") });
    const text = el("p", { role: "status" });
    const w = {
      card, from: c.lines, done: false,
      lines(n) {
        this.from = Math.max(this.from, n);
        bar.max = this.from;
        bar.value = this.from - n;
        this.done = n === 0;
        card.classList.toggle("done", this.done);
        const now = this.done ? say("unFlown", kit.figure(this.from)) : say("unFlowing", kit.figure(n), kit.figure(this.from));
        if (text.textContent !== now) text.textContent = now;
      },
    };
    inside.replaceChildren(el("p", {}, say("unWritten", c.code, answer.entry.target, answer.entry.who)), answer.why ? kit.note("say", kit.said(answer.why)) : null, bar, text,
      el("div.acts", {}, kit.button(say("unTake"), () => take(answer.entry, card))));
    w.lines(c.lines);
    watched.set(id(c), w);
    live.tell(say("unWritten", c.code, answer.entry.target, answer.entry.who));
    watch();
    load();
  }

  // take takes an entry out again.
  async function take(entry, near) {
    try {
      await kit.post("/api/unmatched/take", entry);
      watched.delete([entry.partner, entry.what, entry.code].join("\n"));
      near?.remove();
      live.tell(say("unTaken", entry.code));
      await load();
    } catch (e) {
      if (e.code === "login") return;
      (near || recent).append(kit.failed(e));
    }
  }

  // watch looks after what was mapped until its lines are gone.
  async function watch() {
    for (const [key, w] of watched) {
      if (w.done) continue;
      const [p, what, code] = key.split("\n");
      try {
        const now = await kit.get("/api/unmatched/weight", { partner: p, what, code });
        if (closed) return;
        w.lines(now.lines);
        if (filter.partner === "") drawTotal(now.total);
        if (now.lines === 0) live.tell(say("unFlown", kit.figure(w.from)));
      } catch { /* it is asked again */ }
    }
  }

  const entries = () => el("ul.entries", {}, got.recent.map((e) => entryRow(e, partner, got.folder ? () => take(e) : null)));

  return {
    async show() {
      await openBook();
      try {
        partners = (await kit.get("/api/partners")).partners;
      } catch { /* they are shown by their ids */ }
      if (closed) return;
      frame();
      await load();
      if (closed) return;
      stop();
      const fast = kit.ticker(watch, 1500);
      const slow = kit.ticker(() => { if (!list.contains(document.activeElement)) load(); }, 30_000);
      stop = () => { fast(); slow(); };
    },
    close() { closed = true; stop(); },
    site,
  };
}
