// Refused rows in the partner's own layout: mended here, or in a file that is brought back, checked, and sent.

import * as kit from "./kit.js";
import { editor } from "./editor.js";

const { el, say, said } = kit;

export async function mending(here, s, place, live) {
  const { about, base } = here;
  const at = `${base}/submissions/${encodeURIComponent(s.id)}`;
  place.replaceChildren(el("h2", {}, say("meTitle", kit.figure(s.refused))), el("p.working", {}, say("meLoading")));
  let got;
  try {
    got = await kit.get(`${at}/refused`);
  } catch (e) {
    if (e.code !== "login") place.replaceChildren(el("h2", {}, say("meTitle", kit.figure(s.refused))), kit.failed(e, () => mending(here, s, place, live)));
    return;
  }
  const head = el("h2", {}, say("meTitle", kit.figure(s.refused)));
  if (s.mended_by) head.append(" ", kit.pill("good", say("mendedBy")));
  if (got.why || !got.way) return place.replaceChildren(head, kit.note("say", say(`meWhy.${got.why}`)), plain(got), whole());
  if (got.newer) return place.replaceChildren(head, newer(got.newer), plain({ refusals: got.rows.flatMap((r) => r.refusals).concat(got.refusals), more: got.more }), whole());

  const edit = editor(got.columns, got.rows, changed);
  const status = el("div", { "aria-live": "polite" });
  const summary = el("strong");
  const check = kit.button(say("meCheck"), () => send(true), { "data-do": "check" });
  const send_ = kit.button(say("meSend"), () => send(false), { kind: "main", "data-do": "mend" });
  const bar = el("div.stick", {}, summary, check, about.takes && about.may ? send_ : "");
  const input = el("input", { type: "file", class: "unseen", accept: ".csv,.txt,.tsv,.ndjson,.jsonl,.json", "data-do": "file", onchange: () => { if (input.files[0]) back(input.files[0]); input.value = ""; } });
  input.id = kit.newID("file");

  function changed(n) {
    summary.textContent = n ? say("meChanged", n) : say("meUnchanged");
    for (const b of [check, send_]) b.disabled = !n;
  }

  // send puts the changes in their places, and sends the whole, or has it read only.
  async function send(dry) {
    status.replaceChildren(el("p.working", {}, say(dry ? "meChecking" : "meSending")));
    let answer;
    try {
      answer = await kit.post(`${at}/mend`, { changes: edit.changes(), dry_run: dry });
    } catch (e) {
      if (e.code === "login") return;
      status.replaceChildren(e.code === "newer" ? newer(e.said.more) : kit.failed(e));
      return;
    }
    edit.mark(answer.refusals);
    const still = new Set(answer.refusals.map((r) => r.row)).size;
    const n = edit.changes().length;
    if (dry) {
      status.replaceChildren(still ? kit.note("bad", say("meStill", still, n)) : kit.note("good", say("meAll", n)));
      return;
    }
    const href = here.link(answer.receipt.submission, about.id);
    status.replaceChildren(kit.note("good", el("p", {}, say(answer.way === "rows" ? "meSentRows" : "meSentWhole", kit.figure(answer.receipt.accepted), kit.figure(answer.receipt.refused)), " ", el("a", { href, "data-do": "mended" }, say("meSee")))));
    live.tell(say("meSent"));
    edit.settle();
  }

  // back takes a file of mended rows over into the page, where it is seen before it is sent.
  async function back(file) {
    status.replaceChildren(el("p.working", {}, say("meReading", file.name)));
    try {
      const answer = await kit.json(`${at}/refused/file`, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });
      const beyond = edit.take(answer.changes);
      status.replaceChildren(kit.note(answer.changes.length ? "good" : "say", answer.changes.length ? say("meTaken", answer.changes.length) : say("meSame")), beyond ? kit.note("say", say("meBeyond", beyond)) : "");
    } catch (e) {
      if (e.code !== "login") status.replaceChildren(kit.failed(e));
    }
  }

  place.replaceChildren(head,
    el("p.mute", {}, say(got.way === "rows" ? "meRows" : "meWhole")),
    el("div.acts", {},
      el("a.act", { href: kit.address(`${at}/refused/file`, { lang: kit.lang() }), download: "", "data-do": "download" }, say("meDownload")),
      input, el("label.act", { for: input.id }, say("meUpload"))),
    got.more ? kit.note("say", say("meMore", kit.figure(got.rows.length))) : "",
    ...got.refusals.map((r) => kit.note("say", said(r.reason))),
    edit.e, status, bar);
  changed(0);
}

// newer says why nothing is sent over what was said since.
function newer(n) {
  const key = n.too_much ? "neTooMuch" : n.took_back ? "neTaken" : n.waits === "held" ? "neHeld" : n.waits ? "neWaits" : "neNewer";
  return kit.note("bad", el("p", {}, say(key, n.file || n.submission || "", n.about)), n.submission ? el("a", { href: location.pathname.replace(/[^/]+$/, n.submission) + location.search }, say("neSee")) : null);
}

// plain lists reasons where rows can't be mended one by one.
function plain(got) {
  const cols = [{ title: say("row"), num: true }, { title: say("column") }, { title: say("value") }, { title: say("problem"), main: true }];
  return el("div", {}, kit.table(cols, got.refusals.map((r) => [r.row ? String(r.row) : "–", r.column || "–", r.value ? el("code", {}, r.value) : "–", said(r.reason)]), { caption: say("meList") }),
    got.more ? el("p.mute", {}, say("meMoreReasons")) : "");
}

const whole = () => el("p", {}, say("meWholeFile"));
