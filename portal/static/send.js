// Sending reports: a file is read first, with nothing kept, so that whoever sends it sees what would be refused; then it is
// sent. A request whose answer was lost is sent again with the same key, and counts once.

import * as kit from "./kit.js";

const { el, say, said } = kit;

// Files up to here are read first without being asked.
const readFirst = 32 << 20;

export function sender(here, { live, sent }) {
  const { about, base } = here;
  let feed = about.feeds.length === 1 ? about.feeds[0].id : "";
  const scope = { from: "", to: "" };
  const list = el("ul.sending", { "aria-label": say("seList") });
  const more = el("div");

  // guess is the feed whose pattern of names a file's name fits.
  function guess(name) {
    const fits = about.feeds.filter((f) => { try { return f.file_name && new RegExp(f.file_name.replace(/\(\?P</g, "(?<")).test(name); } catch { return false; } });
    return feed || (fits.length === 1 ? fits[0].id : "");
  }

  function scopes() {
    const f = about.feeds.find((x) => x.id === feed);
    more.replaceChildren();
    if (!f || !["location-day", "period"].includes(f.coverage)) return;
    const pick = (name) => el("input", { type: "date", value: scope[name], onchange: (e) => { scope[name] = e.target.value; } });
    more.replaceChildren(el("details", {}, el("summary", {}, say("seScope")), el("p.mute", {}, say("seScopeWhy")), el("div.fields", {}, kit.field(say("from"), pick("from")), kit.field(say("to"), pick("to")))));
  }

  const take = (files) => { for (const f of files) item(f); };

  function item(file) {
    const e = el("li", { "data-file": file.name });
    const says = el("div.says");
    const bar = el("progress", { max: 1, value: 0, hidden: true, "aria-label": say("seProgress", file.name) });
    const acts = el("div.acts");
    let to = guess(file.name);
    const name = kit.key();
    let running = null;
    const drop = () => { running?.abort(); e.remove(); };
    const choose = about.feeds.length > 1 ? kit.choose([["", say("seChoose")], ...about.feeds.map((f) => [f.id, f.id])], to, (v) => { to = v; begin(); }, { "aria-label": say("seFeedOf", file.name) }) : null;
    e.append(el("div.head", {}, el("strong", {}, file.name), el("span.mute", {}, kit.size(file.size)), choose || ""), bar, says, acts);
    list.prepend(e);

    const cancel = () => kit.button(say("cancel"), drop, { kind: "small" });

    function begin() {
      says.replaceChildren();
      if (file.size > about.largest) {
        says.replaceChildren(kit.note("bad", say("seLarge", kit.size(about.largest))));
        return acts.replaceChildren(cancel());
      }
      if (!to) {
        says.replaceChildren(el("p.mute", {}, say("seWhich")));
        return acts.replaceChildren(cancel());
      }
      if (file.size > readFirst) {
        says.replaceChildren(el("p.mute", {}, say("seUnread")));
        return offer();
      }
      return go(true);
    }

    function offer(nothing) {
      acts.replaceChildren(nothing ? "" : kit.button(say("seSend"), () => go(false), { kind: "main", "data-do": "send" }), cancel());
    }

    // go sends the file, or has it read only.
    async function go(dry) {
      acts.replaceChildren(cancel());
      bar.hidden = false;
      says.replaceChildren(el("p.working", {}, say(dry ? "seReading" : "seSending")));
      running = new AbortController();
      let got;
      try {
        got = await upload(kit.address(`${base}/v1/feeds/${encodeURIComponent(to)}`, { file: file.name, from: scope.from, to: scope.to, dry_run: dry ? "1" : "" }), file, name, (share) => { if (share < 1) bar.value = share; else bar.removeAttribute("value"); }, running.signal);
      } catch (x) {
        if (x.name === "AbortError") return;
        says.replaceChildren(kit.note("bad", kit.why(x)));
        acts.replaceChildren(kit.button(say("again"), () => go(dry)), cancel());
        return;
      } finally {
        bar.hidden = true;
        bar.value = 0;
      }
      const receipt = got.receipt || (got.submission !== undefined ? got : null);
      if (dry) {
        says.replaceChildren(...reading(receipt, got));
        return offer(!receipt || receipt.accepted === 0 && receipt.refused > 0);
      }
      if (!receipt) { // refused as a whole
        says.replaceChildren(...reading(null, got));
        acts.replaceChildren(cancel());
        sent();
        return;
      }
      says.replaceChildren(kit.note(receipt.refused ? "say" : "good",
        el("p", {}, say("seTaken", kit.figure(receipt.accepted), kit.figure(receipt.refused)), " ", el("a", { href: here.link(receipt.submission, about.id), "data-do": "receipt" }, say(receipt.refused ? "seMend" : "seReceipt"))),
        ...(receipt.warnings || []).map((w) => el("p", {}, said(w)))));
      acts.replaceChildren(kit.button(say("seDone"), drop, { kind: "small" }));
      live.tell(say("seTaken", kit.figure(receipt.accepted), kit.figure(receipt.refused)));
      sent();
    }
    begin();
  }

  // reading is what the file would come to, or why it is refused.
  function reading(receipt, got) {
    if (!receipt) return [kit.note("bad", el("p", {}, el("strong", {}, said(got.title || ""))), el("p", {}, said(got.detail || "")), el("p.mute", {}, say("seNothing")))];
    const first = receipt.refusals || [];
    return [
      el("p", {}, say("seWould", kit.figure(receipt.accepted), kit.figure(receipt.refused))),
      first.length ? el("ul.reasons", {}, first.slice(0, 5).map((r) => el("li", {}, r.row ? `${say("rowN", r.row)}: ` : "", r.column ? el("code", {}, r.column) : "", r.value ? el("span", {}, " ", el("q", {}, r.value)) : "", " ", said(r.reason))), receipt.refused > 5 ? el("li.mute", {}, say("seMoreRefused", kit.figure(receipt.refused - Math.min(5, first.length)))) : null) : "",
      ...(receipt.warnings || []).filter((w) => !w.startsWith("dry run")).map((w) => kit.note("say", said(w))),
    ];
  }

  scopes();
  const e = kit.card(say("seTitle"), el("p.mute", {}, say("seLead")),
    about.feeds.length > 1 ? kit.field(say("feed"), kit.choose([["", say("seByName")], ...about.feeds.map((f) => [f.id, `${f.id} (${say(`kind.${f.kind}`, f.kind)}, ${say(`format.${f.format}`, f.format)})`])], feed, (v) => { feed = v; scopes(); })) : null,
    kit.dropzone({ label: say("seDrop"), hint: say("seHint", kit.size(about.largest)), multiple: true, take }), more, list);
  return { e };
}

// upload is a POST that says how far it has come, which fetch can't.
function upload(path, body, key, progress, signal) {
  return new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    x.open("POST", path);
    x.setRequestHeader("Accept-Language", kit.lang());
    x.setRequestHeader("Content-Type", "application/octet-stream");
    x.setRequestHeader("Idempotency-Key", key);
    x.upload.onprogress = (e) => { if (e.lengthComputable) progress(e.loaded / e.total); };
    x.onload = () => {
      let said = {};
      try { said = JSON.parse(x.responseText); } catch { /* what a proxy says is no JSON */ }
      if (x.status === 401) return location.reload();
      if (x.status < 300 || x.status === 422) return done(said);
      fail(Object.assign(new Error(said.detail || said.error || `${x.status} ${x.statusText}`), { code: said.code || said.type || "server" }));
    };
    x.onerror = () => fail(Object.assign(new Error(""), { code: "offline" }));
    x.onabort = () => fail(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => x.abort());
    x.send(body);
  });
}
