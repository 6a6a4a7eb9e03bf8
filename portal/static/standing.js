// How good a partner's reports are, and its keys.

import * as kit from "./kit.js";

const { el, say } = kit;

export function standing({ about, base }) {
  const place = el("div.scores");
  const e = el("section.card.standing", { "aria-labelledby": "standing" }, el("h2", { id: "standing" }, say("stTitle")), place);

  // shown writes a share; the score is points of 100.
  const shown = (n) => (n.value === null ? "–" : n.name === "quality_score" ? n.value.toFixed(0) : `${n.value.toFixed(n.decimals)} %`);
  // good is how good a value is, from 0 to 1.
  const good = (n) => (n.value === null ? 0 : (n.better === "less" ? 100 - n.value : n.value) / 100);

  async function load() {
    try {
      const got = await kit.get(`${base}/quality`);
      place.replaceChildren(...got.numbers.map((n, i) => {
        const g = good(n);
        return el(`div.score${i ? "" : ".first"}`, { "data-number": n.name, "data-value": n.value === null ? "" : String(n.value), "data-good": n.value === null ? "none" : g >= 0.95 ? "good" : g >= 0.8 ? "fair" : "bad" },
          el("span.name", {}, n.title), el("strong", {}, shown(n), i || n.value === null ? "" : el("small", {}, " / 100")),
          el("span.meter", { "aria-hidden": "true", vars: { "--to": Math.max(0, Math.min(1, g)) } }),
          el("details", {}, el("summary", {}, say("stHow")), el("p", {}, n.about)));
      }), el("p.mute.span", {}, say("stSpan", got.from, got.to)));
    } catch (x) {
      if (x.code !== "login") place.replaceChildren(kit.failed(x, load));
    }
  }

  // used says when a key was last used.
  const used = (k) => (k.used ? say("keyUsed", kit.moment(k.used, about.zone)) : say(about.tracked ? "keyUnused" : "keyUnknown"));

  function hint() {
    const n = about.keys.length;
    if (n < 2) return say("keyOne");
    if (!about.tracked) return say("keyTwo");
    const idle = about.keys.filter((k) => !k.used);
    return idle.length === 1 ? say("keyOld", idle[0].mark) : say("keyTwo");
  }

  const keys = about.keys.length ? kit.card(say("keyTitle"),
    el("ul.entries", {}, about.keys.map((k) => el("li", { "data-key": k.mark }, el("span", {}, el("code", {}, `${k.mark}…`), k.mine ? kit.pill("good", say("keyMine")) : ""), el("span.mute", {}, used(k))))),
    el("p", {}, hint()), el("p.mute", {}, say("keyHow"))) : "";

  return { e, load, keys };
}
