// What the books say of a submission, in words.

import * as kit from "./kit.js";

const { el, say } = kit;

export const state = (s) => kit.pill(s.state === "final" ? "good" : s.state === "held" ? "bad" : "busy", say(`state.${s.state}`));

const parts = [["new", "new"], ["corrected", "corrected"], ["withdrawn", "withdrawn"], ["duplicate", "duplicate"], ["superseded", "superseded"], ["implied", "implied"], ["held", "held"], ["unmatched", "unmatched"]];

// outcome is what became of the lines, in one line.
export function outcome(s) {
  if (s.state === "on_the_road") return el("span.mute", {}, say("onTheRoad"));
  const said = parts.filter(([k]) => s.counts[k]).map(([k, name]) => `${kit.figure(s.counts[k])} ${say(`count.${name}`)}`);
  return said.length ? said.join(say("comma")) : el("span.mute", {}, say("nothingChanged"));
}

// counts is the same, each with what it means.
export function counts(s) {
  return el("dl.facts.counts", {}, ...parts.filter(([k]) => s.counts[k] || k === "new").flatMap(([k, name]) => [
    el("dt", {}, say(`count.${name}`)), el("dd", { "data-count": k }, kit.figure(s.counts[k]), el("small", {}, say(`count.${name}.about`))),
  ]));
}
