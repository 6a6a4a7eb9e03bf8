// What a code may mean: candidates with the reasons for each, a search for others, and the form that says from when and for
// how many units.

import * as kit from "./kit.js";

const { el, say } = kit;

const reasons = (c) => el("span.reasons", {}, c.reasons.map((r) => kit.pill("reason", say(`near.${r.because}`, r.about || ""))));

// meanings draws what a code may mean; choose(entry) writes it down and throws what stands in the way.
export function meanings({ code, said, folder, choose }) {
  const d = said.description;
  const trouble = el("div");
  const units = el("input", { type: "text", inputmode: "decimal", value: "1" });
  const from = el("input", { type: "date" });
  const to = el("input", { type: "date" });

  const entry = (target, u) => ({ partner: code.partner, what: code.what, code: code.code, target, units: code.what === "item" ? (units.value.trim() !== "1" ? units.value.trim() : u || "1") : "", from: from.value, to: to.value });

  async function pick(c, u) {
    trouble.replaceChildren();
    const e = entry(c.target, u);
    // What can't be written here is given to be written elsewhere.
    const copy = () => kit.note("say", say("unCopy"), el("pre", { tabindex: "0" }, el("code", {}, "partner,kind,code,target,units,from,to\n" + [e.partner, e.what, e.code, e.target, e.units || "", e.from, e.to].map(cell).join(","))));
    if (!folder) return trouble.replaceChildren(copy());
    try {
      await choose(e);
    } catch (x) {
      if (x.code === "login") return;
      trouble.replaceChildren(kit.note("bad", kit.why(x)), x.code === "folder" ? copy() : "");
      trouble.scrollIntoView({ block: "nearest" });
    }
  }

  const one = (c) => {
    const many = code.what === "item" && c.units !== "1";
    return el("li.candidate", { "data-target": c.target },
      el("div.who", {}, el("strong", {}, c.name || c.target), el("code", {}, c.target),
        el("span.mute", {}, [c.line, c.city, c.gtin ? `GTIN ${c.gtin}` : "", c.pack ? say("packOf", kit.figure(c.pack)) : ""].filter(Boolean).join(" · ")), reasons(c)),
      kit.button(folder ? (many ? say("unMapUnits", kit.figure(c.units)) : say("unMap")) : say("unRow"), () => pick(c, c.units), { kind: "main", "data-do": "map", "aria-label": say("unMapTo", code.code, c.name || c.target) }));
  };

  const found = el("ul.candidates", { "aria-label": say("unFound") });
  const box = el("input", { type: "search", autocomplete: "off", oninput: () => { clearTimeout(box.timer); box.timer = setTimeout(look, 250); } });
  async function look() {
    const q = box.value.trim();
    if (!q) return found.replaceChildren();
    try {
      const got = await kit.get("/api/unmatched/search", { partner: code.partner, what: code.what, q });
      if (q !== box.value.trim()) return;
      found.replaceChildren(...(got.found.length ? got.found.map(one) : [el("li.mute", {}, say("unNotFound"))]));
    } catch (e) {
      if (e.code !== "login") found.replaceChildren(el("li", {}, kit.failed(e)));
    }
  }

  return el("div", {},
    d.name || d.gtin ? el("p", {}, say("unSays"), " ", el("strong", {}, [d.name, d.gtin ? `GTIN ${d.gtin}` : ""].filter(Boolean).join(" · ")), el("span.mute", {}, ` ${say("unStands", d.file || "–", d.row)}`))
      : d.row ? el("p.mute", {}, say("unStands", d.file || "–", d.row)) : null,
    el("h3", {}, say("unMay")),
    said.candidates.length ? el("ul.candidates", {}, said.candidates.map(one)) : el("p.mute", {}, say("unNothing")),
    kit.field(say(code.what === "item" ? "unSearch" : "unSearchPlace"), box), found,
    el("details", {}, el("summary", {}, say("unMore")),
      el("div.fields", {}, code.what === "item" ? kit.field(say("unUnits"), units, say("unUnitsHint")) : null, kit.field(say("unFrom"), from, say("unFromHint")), kit.field(say("unTo"), to, say("unToHint")))),
    trouble);
}

const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

// entryRow is a cross-reference that was written, with who and when.
export function entryRow(e, partner, take) {
  return el("li", {},
    el("span", {}, el("code", {}, e.code), ` ${partner(e.partner)} → `, el("code", {}, e.target), e.units !== "1" ? ` × ${kit.figure(e.units)}` : ""),
    el("span.mute", {}, [e.from || e.to ? kit.days(e.from || "…", e.to || "…") : "", e.who, e.when.slice(0, 16).replace("T", " ") + " UTC"].filter(Boolean).join(" · ")),
    take ? kit.button(say("unTake"), take, { kind: "small" }) : null);
}
