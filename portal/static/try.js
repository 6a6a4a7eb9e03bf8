// The room where a partner's file is tried: what it is taken for and why, what has to be answered, how it reads, and the feed
// that comes of it. The file stays in the browser; it is sent again with every answer, and the server keeps nothing.

import * as kit from "./kit.js";
import { open as openBook } from "/static/phrases/phrases.js";
import { mapped, columns } from "./mapping.js";

const { el, say, said } = kit;

export default function room({ main, site, title }) {
  let about = null;
  let file = null; // the browser's, or {turned, name}
  let found = null;
  let turn = 0;
  let running = null;
  const setting = { partner: "", feed: "", zone: "", currency: "" };
  let answers = {};
  const asked = new Map(); // questions of this file, by their ids
  let doneOpen = false;
  const live = kit.teller();
  const place = el("div.found");
  const work = el("div");

  function frame() {
    title(say("tryTitle"));
    main.replaceChildren(el("header.top", {}, el("h1", {}, say("tryTitle"))), live.e,
      el("p.lead", {}, say("tryLead")),
      kit.dropzone({ label: say("tryDrop"), hint: say("tryHint", kit.size(about.limit)), take: ([f]) => begin(f) }),
      work, place);
  }

  function begin(f) {
    file = f;
    found = null;
    answers = {};
    asked.clear();
    place.replaceChildren();
    return look();
  }

  // look sends the file, or as much of it as the server looks at.
  async function look() {
    const mine = ++turn;
    running?.abort();
    running = new AbortController();
    work.replaceChildren(el("p.working", { role: "status" }, say("tryReading", file.name || "")));
    place.setAttribute("aria-busy", "true");
    try {
      const request = { answers, ...setting, size: file.size || 0 };
      const options = { method: "POST", signal: running.signal };
      if (file.turned) {
        options.headers = { "Content-Type": "application/json" };
        options.body = JSON.stringify({ ...request, turned: file.turned });
      } else {
        const form = new FormData();
        form.append("request", JSON.stringify(request));
        form.append("file", file.slice(0, about.limit), file.name);
        options.body = form;
      }
      const got = await kit.json("/api/try", options);
      if (mine !== turn) return;
      found = got;
      work.replaceChildren();
      draw();
    } catch (e) {
      if (mine !== turn || e.name === "AbortError" || e.code === "login") return;
      work.replaceChildren(kit.failed(e, look));
      live.tell(kit.why(e));
    } finally {
      if (mine === turn) place.removeAttribute("aria-busy");
    }
  }

  // answer takes an answer over and reads the file again; what is focused stays focused.
  function answer(id, value) {
    answers = { ...answers, [id]: value };
    return look();
  }

  function draw() {
    const held = document.activeElement?.dataset?.answer;
    const open = found.questions.length;
    place.replaceChildren(...[
      el("h2.file", { tabindex: "-1" }, found.file || say("tryFile")),
      found.problem ? kit.note("bad", said(found.problem)) : null,
      what(),
      ...questions(),
      found.as ? lines() : null,
      found.as ? refused() : null,
      found.as ? sums() : null,
      found.mapped.length ? mapped(found, answer) : null,
      found.columns.length ? columns(found) : null,
      found.yaml ? feed() : null,
    ].filter(Boolean));
    if (held) {
      const [id] = held.split("=");
      const next = id in answers && !found.questions.some((q) => q.id === id) ? place.querySelector(".asks [data-answer], h2.file") : place.querySelector(`[data-answer="${CSS.escape(held)}"]`);
      next?.focus({ preventScroll: !held.includes("=") });
    }
    live.tell(open ? say("tryOpen", open) : found.as ? say("tryReads", kit.figure(found.as.accepted), kit.figure(found.as.refused)) : "");
  }

  // what the file is taken for, each with what speaks for it.
  function what() {
    const f = found.format;
    const one = (name, value, ...evidence) => (value ? [el("dt", {}, name), el("dd", {}, value, ...evidence.filter(Boolean).map((t) => el("small", {}, said(t))))] : []);
    return kit.card(say("tryWhat"), el("dl.facts", {},
      ...one(say("trySize"), found.whole ? kit.size(found.size) : say("tryPart", kit.size(found.read), kit.size(found.size))),
      ...one(say("tryFormat"), f.type ? say(`format.${f.type}`, f.type) : "", f.evidence),
      ...one(say("tryEncoding"), f.encoding, f.encoding_evidence),
      ...one(say("tryDelimiter"), f.delimiter ? say(`delimiter.${f.delimiter}`, f.delimiter) : "", f.delimiter_evidence),
      ...one(say("trySheet"), f.sheet, f.sheets?.length > 1 ? say("trySheets", f.sheets.join(", ")) : ""),
      ...one(say("tryLayout"), found.layout.length ? el("ul.plain", {}, found.layout.map((t) => el("li", {}, said(t)))) : ""),
      ...one(say("tryReport"), found.kind ? say(`kind.${found.kind}`, found.kind) : ""),
      ...one(say("tryRows"), found.rows ? kit.figure(found.rows) : "")),
    ...found.notes.map((t) => kit.note("say", said(t))));
  }

  // questions are those that are open, and those that were answered, which can be answered otherwise.
  function questions() {
    for (const q of found.questions) asked.set(q.id, q);
    const open = new Set(found.questions.map((q) => q.id));
    const done = [...asked.values()].filter((q) => !open.has(q.id) && q.id in answers);
    return [
      open.size ? el("section.card.asks", { "aria-labelledby": "asks" }, el("h2", { id: "asks" }, say("tryAsks", open.size)), el("p.mute", {}, say("tryAsksWhy")), ...found.questions.map(question)) : null,
      done.length ? el("details.card.answered", { open: doneOpen, ontoggle: (e) => { doneOpen = e.target.open; } }, el("summary", {}, say("tryAnswered", done.length)), ...done.map(question)) : null,
    ];
  }

  function question(q) {
    const name = kit.newID("q");
    const chosen = answers[q.id];
    const known = q.options.some((o) => o.value === chosen);
    return el("fieldset", { "data-question": q.id }, el("legend", {}, said(q.text)),
      ...q.options.map((o) => el("label.option", {},
        el("input", { type: "radio", name, value: o.value, checked: o.value === chosen, "data-answer": `${q.id}=${o.value}`, onchange: () => answer(q.id, o.value) }),
        el("span", {}, o.means ? said(o.means) : o.value, o.means && o.means !== o.value ? el("code", {}, o.value) : null))),
      q.free ? el("input", {
        type: "text", value: known ? "" : chosen || "", "data-answer": q.id, "aria-label": said(q.text), placeholder: q.options.length ? say("tryOther") : "",
        onkeydown: (e) => { if (e.key === "Enter") e.target.blur(); },
        onchange: (e) => { if (e.target.value.trim()) answer(q.id, e.target.value.trim()); },
      }) : null);
  }

  function lines() {
    const cols = [
      { title: say("row"), num: true }, { title: say("f.document") }, { title: say("f.location") }, { title: say("f.item"), main: true }, { title: say("f.kind") },
      { title: say("f.qty"), num: true }, { title: say("f.amount"), num: true }, { title: say("f.day") },
    ];
    return kit.card(say("tryFirst", found.as.lines.length, kit.figure(found.as.accepted)),
      kit.table(cols, found.as.lines.map((l) => [String(l.row), l.document, l.location, l.item, say(`kind.${l.kind}`, l.kind), kit.figure(l.qty), kit.figure(l.amount), l.day]), { caption: say("tryFirst", found.as.lines.length, kit.figure(found.as.accepted)) }),
      ...found.as.warnings.map((t) => kit.note("say", said(t))));
  }

  function refused() {
    const r = found.as;
    if (!r.refused) return kit.card(say("tryRefused"), el("p.good", {}, say("tryNone")));
    const share = r.refused / Math.max(1, r.refused + r.accepted);
    const cols = [{ title: say("column"), main: true }, { title: say("problem") }, { title: say("rows"), num: true }, { title: say("firstRow"), num: true }, { title: say("value") }];
    return kit.card(say("tryRefused"), el("p", {}, say("tryRefusedOf", kit.figure(r.refused), kit.figure(r.refused + r.accepted), (share * 100).toFixed(share < 0.01 ? 2 : 1))),
      kit.table(cols, r.problems.map((p) => [p.column || say("wholeRow"), said(p.reason), kit.figure(p.count), p.row ? String(p.row) : "–", p.value ? el("code", {}, p.value) : el("span.mute", {}, say("blank"))]), { caption: say("tryRefused") }));
  }

  // sums are what all lines come to, tied to the file's own total rows.
  function sums() {
    const r = found.as;
    const cols = [{ title: say("f.kind"), main: true }, { title: say("lines"), num: true }, { title: say("f.qty"), num: true }, { title: say("f.amount"), num: true }, { title: say("f.currency") }];
    const checks = r.totals.flatMap((t) => t.checks.map((c) => ({ t, c })));
    const marks = [{ title: say("totalRow"), main: true }, { title: say("column") }, { title: say("says"), num: true }, { title: say("adds"), num: true }, { title: say("agrees") }];
    return kit.card(say("trySums"),
      kit.table(cols, r.sums.map((s) => [say(`kind.${s.kind}`, s.kind), kit.figure(s.lines), s.beyond ? say("beyond") : kit.figure(s.qty), s.beyond ? say("beyond") : kit.figure(s.amount), s.currency || setting.currency || say("ownCurrency")]), { caption: say("trySums") }),
      el("h3", {}, say("tryTotals")),
      checks.length
        ? kit.table(marks, checks.map(({ t, c }) => [t.label ? `${t.label} (${say("rowN", t.row)})` : say("rowN", t.row), c.column, kit.figure(c.says), kit.figure(c.adds), c.agrees ? kit.pill("good", say("yes")) : c.unsure ? kit.pill("dull", say("unsure")) : kit.pill("bad", say("no"))]), { caption: say("tryTotals") })
        : el("p.mute", {}, say("tryNoTotals")));
  }

  // feed is what comes of it, ready to commit.
  function feed() {
    const change = (name) => (v) => { setting[name] = v.trim(); return look(); };
    const text = (name, label, placeholder) => kit.field(label, el("input", { type: "text", value: setting[name], placeholder, "data-answer": `setting.${name}`, onchange: (e) => change(name)(e.target.value) }));
    const partners = [["", say("tryNewPartner")], ...about.partners.map((p) => [p.id, p.name ? `${p.name} (${p.id})` : p.id])];
    const known = about.partners.some((p) => p.id === setting.partner);
    const code = el("pre.yaml", { tabindex: "0", "aria-label": say("tryYAML") }, el("code", {}, found.yaml));
    return kit.card(say("tryFeed"), el("p.mute", {}, say("tryFeedWhy")),
      el("div.fields", {},
        kit.field(say("partner"), kit.choose(partners, known ? setting.partner : "", (v) => {
          const p = about.partners.find((x) => x.id === v);
          Object.assign(setting, { partner: v, zone: p?.zone || "", currency: p?.currency || "" });
          return look();
        }, { "data-answer": "setting.known" })),
        known ? null : text("partner", say("partnerID"), "partner"),
        text("feed", say("feedID"), found.feed),
        text("zone", say("timeZone"), "UTC"), text("currency", say("f.currency"), "EUR")),
      code,
      el("div.acts", {},
        kit.button(say("tryDownload"), () => kit.save(`${found.feed}.yml`, found.yaml, "application/yaml"), { kind: "main", "data-do": "yaml" }),
        navigator.clipboard ? kit.button(say("copy"), async () => { await navigator.clipboard.writeText(found.yaml); live.tell(say("copied")); }) : null));
  }

  return {
    async show() {
      await openBook();
      if (!about) {
        try {
          about = await kit.get("/api/try");
        } catch (e) {
          if (e.code !== "login") main.replaceChildren(kit.failed(e, () => this.show()));
          return;
        }
        frame();
      }
      const turned = new URLSearchParams(location.search).get("turned");
      if (turned && file?.turned !== turned) begin({ turned, name: turned });
    },
    close() { turn++; running?.abort(); },
    site,
  };
}
