// One submission: its receipt, what became of its lines, the acknowledgement of an interchange, and its refused rows.

import * as kit from "./kit.js";
import { state, counts } from "./receipt.js";
import { mending } from "./mending.js";

const { el, say, said } = kit;

export function submission(here, id) {
  const { main, about, base, title, link } = here;
  const live = kit.teller();
  const facts = el("div");
  const rows = el("section.card", { id: "refused", tabindex: "-1", hidden: true });
  let s = null;
  let stop = () => {};
  let closed = false;
  let drawn = "";

  async function load() {
    try {
      const got = await kit.get(`${base}/submissions/${encodeURIComponent(id)}`, { wait: s ? "" : "15s" });
      if (closed) return;
      const before = s?.state;
      s = got;
      draw();
      if (before && before !== s.state) live.tell(say(`state.${s.state}`));
    } catch (e) {
      if (closed || e.code === "login") return;
      if (e.status === 404 && !s) return facts.replaceChildren(kit.note("say", el("p", {}, say("suNone", id)), el("button.act.small", { type: "button", onclick: load }, say("again"))));
      if (!s) facts.replaceChildren(kit.failed(e, load));
    }
  }

  function draw() {
    const now = JSON.stringify(s);
    if (now === drawn) return;
    const first = !drawn;
    drawn = now;
    title(s.file || s.id);
    const one = (name, value, ...more) => (value === "" || value === null || value === undefined ? [] : [el("dt", {}, name), el("dd", {}, value, ...more)]);
    const held = s.state === "held" ? holding() : null;
    facts.replaceChildren(
      el("h2.file", {}, s.file || s.id, " ", state(s)),
      held || "",
      el("div.two", {},
        kit.card(say("suReceipt"), el("dl.facts", {},
          ...one(say("submission"), el("code", {}, s.id)),
          ...one(say("feed"), s.feed),
          ...one(say("received"), kit.moment(s.received, about.zone), el("small", {}, about.zone)),
          ...one(say("rows"), kit.figure(s.rows), el("small", {}, say("suRows", kit.figure(s.accepted), kit.figure(s.refused)))),
          ...one(say("suBytes"), kit.size(s.bytes)),
          ...one(say("suScope"), s.scope ? scope(s.scope) : ""),
          ...one(say("suMapping"), s.mapping ? el("span", {}, s.number ? say("suVersion", s.number) : "", " ", el("code", {}, s.mapping)) : "", el("small", {}, say("suMappingWhy"))),
          ...one(say("suMends"), s.mends ? el("a", { href: link(s.mends, about.id) }, s.mends) : ""),
          ...one(say("suMended"), s.mended_by ? el("a", { href: link(s.mended_by, about.id), "data-do": "mended-by" }, s.mended_by) : ""),
          ...one(say("suAnswer"), s.acknowledgement ? el("a", { href: `${base}/submissions/${encodeURIComponent(s.id)}/acknowledgement`, download: "", "data-do": "acknowledgement" }, say("suDownload", s.acknowledgement)) : ""))),
        kit.card(say("suOutcome"), s.state === "on_the_road" ? el("p.working", {}, say("onTheRoad")) : "", counts(s))),
      ...(s.warnings || []).map((w) => kit.note("say", said(w))));
    if (first && s.refused) {
      rows.hidden = false;
      mending(here, s, rows, live);
      if (location.hash === "#refused") rows.scrollIntoView();
    }
  }

  const scope = (x) => el("span", {}, x.from ? kit.days(x.from, x.to || x.from) : "", x.locations?.length ? ` ${x.locations.slice(0, 20).join(", ")}${x.locations.length > 20 ? " …" : ""}` : "");

  // holding says why a submission waits, and lets it through.
  function holding() {
    const trouble = el("div");
    return el("div.notice.bad", { role: "alert" }, el("p", {}, el("strong", {}, say("suHeld"))), el("p", {}, said(s.why || "")), el("p", {}, say("suHeldWhat")),
      about.takes && about.may ? kit.button(say("suConfirm"), async () => {
        try {
          await kit.post(`${base}/v1/submissions/${encodeURIComponent(s.id)}/confirm`, {});
          live.tell(say("suConfirmed"));
          drawn = "";
          await load();
        } catch (e) {
          if (e.code !== "login") trouble.replaceChildren(kit.failed(e));
        }
      }, { "data-do": "confirm" }) : null, trouble);
  }

  return {
    async show() {
      title(id);
      main.replaceChildren(el("header.top", {}, el("a.back", { href: link("", about.id) }, `‹ ${say("reTitle")}`), el("span.mute", {}, about.name || about.id)), live.e, facts, rows);
      facts.replaceChildren(el("p.working", {}, say("suSoon"))); // the books come last
      await load();
      let n = 0;
      stop = kit.ticker(() => { if (s && (s.state === "on_the_road" || ++n % 8 === 0)) load(); }, 1500);
    },
    close() { closed = true; stop(); },
  };
}
