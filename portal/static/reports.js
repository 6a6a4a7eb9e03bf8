// The room of a partner: it sends reports, sees what became of each, puts refused rows right, and sees when reports are due and
// how good they are. Whoever looks after partners chooses one.

import * as kit from "./kit.js";
import { open as openBook } from "/static/phrases/phrases.js";
import { overview } from "./overview.js";
import { submission } from "./submission.js";

const { el, say } = kit;

export default function room({ main, site, go, title }) {
  let inside = null;
  let partners = null;
  let turn = 0;

  // link leads within the room, of the same partner.
  const link = (id, partner) => kit.address(id ? `/reports/${encodeURIComponent(id)}` : "/reports", { partner: partners.length > 1 ? partner : "" });

  async function show() {
    const mine = ++turn;
    inside?.close();
    inside = null;
    await openBook();
    try {
      partners ||= (await kit.get("/api/partners")).partners;
      if (mine !== turn) return;
      if (!partners.length) {
        title(say("reTitle"));
        main.replaceChildren(el("header.top", {}, el("h1", {}, say("reTitle"))), kit.note("say", say("reNobody")));
        return;
      }
      const asked = new URLSearchParams(location.search).get("partner");
      const partner = partners.find((p) => p.id === asked) || partners[0];
      const about = await kit.get(`/api/partners/${encodeURIComponent(partner.id)}`);
      if (mine !== turn) return;
      const id = decodeURIComponent(location.pathname.slice("/reports".length).replace(/^\//, ""));
      const here = { main, site, go, title, about, partners, link, base: `/api/partners/${encodeURIComponent(partner.id)}`, chooser: () => chooser(partner) };
      inside = id ? submission(here, id) : overview(here);
      await inside.show();
    } catch (e) {
      if (mine === turn && e.code !== "login") main.replaceChildren(kit.failed(e, show));
    }
  }

  // chooser is of partners, for whoever has several.
  function chooser(partner) {
    if (partners.length < 2) return el("span.mute", {}, partner.name || partner.id);
    return kit.field(say("partner"), kit.choose(partners.map((p) => [p.id, p.name || p.id]), partner.id, (v) => go(link("", v))));
  }

  return { show, close() { turn++; inside?.close(); } };
}
