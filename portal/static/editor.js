// The refused rows as a table to write in. A cell is what stands in the file; what is wrong with it stands below it.

import * as kit from "./kit.js";

const { el, say, said } = kit;

// editor edits rows; changed(n) hears how many are changed.
export function editor(columns, rows, changed) {
  const at = new Map(rows.map((r) => [r.row, line(r)]));
  const others = new Map(); // changes of a file to rows that are not shown
  const body = el("div.rows", {}, [...at.values()].map((l) => l.e));
  const count = () => changed([...at.values()].filter((l) => l.change()).length + others.size);

  function line(r) {
    const cells = r.cells?.length ? r.cells : null;
    const why = new Map(); // places of what is wrong, by column
    const general = el("div.whys");
    let inputs;
    let grid;
    if (cells) {
      const wrong = new Set(r.refusals.map((x) => x.column));
      inputs = cells.map((text, i) => {
        const name = columns[i] ?? say("columnN", i + 1);
        const input = el("input", { type: "text", value: text, spellcheck: "false", autocomplete: "off", "data-column": name, "aria-label": say("cellOf", name, r.row), oninput: () => { input.classList.toggle("changed", input.value !== text); count(); } });
        return { name, input, text, wrong: wrong.has(columns[i]) };
      });
      grid = el("div.cells", {}, inputs.map((c) => {
        const place = el("div.whys", { id: kit.newID("why") });
        why.set(c.name, { place, input: c.input });
        return el(`div.cell${c.wrong ? ".wrong" : ""}`, {}, el("span.name", { "aria-hidden": "true" }, c.name), c.input, place);
      }));
    } else {
      const input = el("textarea", { rows: Math.min(6, 1 + r.text.length / 90), spellcheck: "false", "aria-label": say("lineOf", r.row), oninput: () => { input.classList.toggle("changed", input.value !== r.text); count(); } });
      input.value = r.text;
      inputs = [{ input, text: r.text }];
      grid = el("div.cells.text", {}, input);
    }
    const drop = el("input", { type: "checkbox", "data-do": "drop", onchange: () => { e.classList.toggle("dropped", drop.checked); for (const c of inputs) c.input.disabled = drop.checked; count(); } });
    const e = el("div.refused-row", { "data-row": r.row, role: "group", "aria-label": say("rowN", r.row) },
      el("div.head", {}, el("strong", {}, say("rowN", r.row)), el("label.drop-row", { title: say("dropWhy") }, drop, say("drop"))), grid, general);

    // mark shows what is wrong with the row.
    function mark(list) {
      general.replaceChildren();
      for (const { place, input } of why.values()) { place.replaceChildren(); input.removeAttribute("aria-invalid"); input.removeAttribute("aria-describedby"); input.parentElement.classList.remove("wrong"); }
      for (const x of list) {
        const w = why.get(x.column);
        const text = el("p.why", {}, w || !x.column ? "" : el("code", {}, x.column), w || !x.column ? "" : " ", said(x.reason));
        if (!w) { general.append(text); continue; }
        w.place.append(text);
        w.input.setAttribute("aria-invalid", "true");
        w.input.setAttribute("aria-describedby", w.place.id);
        w.input.parentElement.classList.add("wrong");
      }
      e.classList.toggle("right", !list.length);
    }

    // change is what was made of the row; null: nothing.
    function change() {
      if (drop.checked) return { row: r.row, drop: true };
      if (inputs.every((c) => c.input.value === c.text)) return null;
      return cells ? { row: r.row, cells: inputs.map((c) => c.input.value) } : { row: r.row, text: inputs[0].input.value };
    }

    // take writes a change into the row.
    function take(c) {
      drop.checked = Boolean(c.drop);
      drop.dispatchEvent(new Event("change"));
      const texts = c.cells || (c.text !== undefined ? [c.text] : []);
      inputs.forEach((x, i) => { if (texts[i] !== undefined) { x.input.value = texts[i]; x.input.dispatchEvent(new Event("input")); } });
    }
    mark(r.refusals);
    return { e, mark, change, take, row: r };
  }

  return {
    e: body,
    changes: () => [...[...at.values()].map((l) => l.change()).filter(Boolean), ...others.values()],
    mark(refusals) {
      const by = new Map();
      for (const x of refusals) by.set(x.row, [...(by.get(x.row) || []), x]);
      for (const [row, l] of at) l.mark(l.change() ? by.get(row) || [] : l.row.refusals);
    },
    // take takes a file's changes over, and says how many are of rows that are not shown.
    take(list) {
      others.clear();
      for (const c of list) {
        if (at.has(c.row)) at.get(c.row).take(c); else others.set(c.row, c);
      }
      count();
      return others.size;
    },
    settle() { for (const i of body.querySelectorAll("input,textarea")) i.disabled = true; changed(0); },
  };
}
