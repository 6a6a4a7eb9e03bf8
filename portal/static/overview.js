// What a partner sees first: how good its reports are, what was turned away, where to send, what came, what is due.

import * as kit from "./kit.js";
import { sender } from "./send.js";
import { standing } from "./standing.js";
import { calendar } from "./calendar.js";
import { state, outcome } from "./receipt.js";

const { el, say, said } = kit;

export function overview(here) {
  const { main, about, base, title } = here;
  const live = kit.teller();
  const turned = el("div");
  const list = el("div");
  const feeds = new Map(about.feeds.map((f) => [f.id, f]));
  const show = { feed: "", show: "" };
  let stop = () => {};
  let closed = false;
  let pages = []; // of older submissions
  let next = 0;
  let fastUntil = 0;

  async function away() {
    try {
      const got = await kit.get(`${base}/turned`);
      if (!closed) turned.replaceChildren(...got.turned.filter((t) => !t.settled).map(awayCard));
    } catch { /* the list below says what is wrong */ }
  }

  // awayCard is a file that was refused as a whole, and what its columns may be called now.
  function awayCard(t) {
    const trouble = el("div");
    const can = about.may && t.kept;
    return el("section.card.away", { "data-turned": t.id, "aria-label": say("reAway", t.file || t.feed) },
      el("h2", {}, say("reAway", t.file || t.feed)),
      el("p.mute", {}, t.feed, " · ", kit.moment(t.at, about.zone), " · ", kit.size(t.bytes)),
      t.missing.length
        ? el("ul.renamed", {}, t.missing.map((m) => el("li", {}, m.renamed?.length
          ? say("reRenamed", m.column, m.renamed.join(say("or")), say(`f.${m.as}`, m.as))
          : say("reMissing", m.column, say(`f.${m.as}`, m.as)))))
        : null,
      el(t.missing.length ? "p.said" : "p", {}, said(t.reason)),
      el("p", {}, say("reAwayWhat")),
      el("div.acts", {},
        can ? kit.button(say("reAgain"), async () => {
          try {
            const got = await kit.post(`${base}/turned/${encodeURIComponent(t.id)}/again`, {});
            live.tell(say("reAgainTaken"));
            here.go(here.link(got.receipt.submission, about.id));
          } catch (e) {
            if (e.code !== "login") trouble.replaceChildren(kit.failed(e));
          }
        }, { "data-do": "again" }) : null,
        ["manager", "admin"].includes(here.site.role) && t.kept ? el("a.act", { href: kit.address("/try", { turned: t.id }) }, say("reLook")) : null),
      trouble);
  }

  async function load() {
    next = 0;
    try {
      const got = await kit.get(`${base}/submissions`, show);
      if (closed) return;
      const fresh = [got, ...pages];
      draw(fresh.flatMap((p) => p.submissions), fresh.at(-1).more);
      if (got.submissions.some((s) => s.state === "on_the_road")) fastUntil = Date.now() + 5 * 60_000;
    } catch (e) {
      if (!closed && e.code !== "login") list.replaceChildren(kit.failed(e, load));
    }
  }

  let drawn = "";
  function draw(all, more) {
    const now = JSON.stringify([all, more]);
    if (now === drawn) return; // nothing moves under a reader's finger
    drawn = now;
    const cols = [{ title: say("received") }, { title: say("file"), main: true }, { title: say("feed") }, { title: say("stateOf") }, { title: say("rows"), num: true }, { title: say("refusedRows"), num: true }, { title: say("outcome") }];
    const seen = new Set();
    const rows = all.filter((s) => !seen.has(s.id) && seen.add(s.id));
    const body = rows.length ? kit.table(cols, rows.map((s) => [
      kit.moment(s.received, about.zone),
      el("a", { href: here.link(s.id, about.id), "data-submission": s.id }, s.file || s.id),
      s.feed,
      state(s),
      kit.figure(s.rows),
      s.refused ? el("a.bad", { href: here.link(s.id, about.id) + "#refused", title: s.mended_by ? say("mendedBy") : null }, kit.figure(s.refused), s.mended_by ? " ✓" : "") : "0",
      outcome(s),
    ]), { caption: say("reList") }) : kit.note("say", say(show.feed || show.show ? "reNoneSuch" : "reNone"));
    list.replaceChildren(body, more ? kit.button(say("older"), async () => {
      const got = await kit.get(`${base}/submissions`, { ...show, before: more });
      pages.push(got);
      await load();
    }, { kind: "small" }) : "");
  }

  return {
    async show() {
      title(say("reTitle"));
      const filters = el("div.fields.filter", {},
        about.feeds.length > 1 ? kit.field(say("feed"), kit.choose([["", say("allFeeds")], ...about.feeds.map((f) => [f.id, f.id])], "", (v) => { show.feed = v; pages = []; load(); })) : null,
        kit.field(say("reShow"), kit.choose([["", say("everything")], ["refused", say("onlyRefused")]], "", (v) => { show.show = v; pages = []; load(); })));
      const quality = standing(here);
      const due = calendar(here);
      const send = about.takes && about.may ? sender(here, { live, sent: () => { load(); away(); } }) : null;
      main.replaceChildren(el("header.top", {}, el("h1", {}, say("reTitle")), here.chooser()), live.e, quality.e, turned,
        send ? send.e : about.takes ? "" : kit.note("say", say("reTakesNone")),
        kit.card(say("reList"), filters, list), due.e, quality.keys);
      await Promise.all([load(), away(), quality.load(), due.load()]);
      if (closed) return;
      stop = kit.ticker(() => {
        const fast = Date.now() < fastUntil;
        if (++next >= (fast ? 1 : 6)) load();
      }, 2500);
    },
    close() { closed = true; stop(); },
    feeds,
  };
}
