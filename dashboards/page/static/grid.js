// A board's panels in Grafana's grid of 24 columns; rows fold. A panel is asked when it comes into view.

import { el, icon, newID } from "./dom.js";
import { create } from "./panel.js";

export function build(view, board) {
  const sections = split(view.panels || []);
  const panels = [];
  const byElement = new Map();
  const stale = new Set();
  const root = el("div.sections");
  for (const s of sections) {
    const grid = el("div.grid", { id: newID("row") });
    const top = Math.min(...s.panels.map((p) => p.gridPos?.y ?? 0));
    for (const def of s.panels) {
      const p = create(def, board);
      const g = { x: 0, y: 0, w: 24, h: 8, ...def.gridPos };
      p.section.style.setProperty("--x", g.x + 1);
      p.section.style.setProperty("--y", g.y - top + 1);
      p.section.style.setProperty("--w", g.w);
      p.section.style.setProperty("--h", g.h);
      if (g.w <= 8 && g.h <= 6 && (def.type === "stat" || def.type === "gauge") && !def.options?.reduceOptions?.values) p.section.classList.add("half");
      panels.push(p);
      byElement.set(p.section, p);
      grid.append(p.section);
    }
    if (s.title !== undefined) {
      const button = el("button.row", { type: "button", "aria-expanded": String(!s.collapsed), "aria-controls": grid.id, onclick: () => {
        grid.hidden = !grid.hidden;
        button.setAttribute("aria-expanded", String(!grid.hidden));
      } }, icon("down"), el("span", {}, s.title));
      grid.hidden = s.collapsed;
      root.append(el("h2.rowhead", {}, button));
    }
    root.append(grid);
  }
  const seen = new IntersectionObserver((list) => {
    for (const e of list) {
      e.target.dataset.view = e.isIntersecting ? "1" : "";
      if (e.isIntersecting) load(byElement.get(e.target));
    }
  }, { rootMargin: "300px" });
  function load(p) {
    if (!stale.delete(p)) return;
    p.load();
  }
  for (const p of panels) seen.observe(p.section);
  return {
    root,
    refresh() {
      for (const p of panels) {
        stale.add(p);
        if (p.section.dataset.view) load(p);
      }
    },
    redraw() { for (const p of panels) p.redraw(); },
    dispose() { seen.disconnect(); for (const p of panels) p.dispose(); },
  };
}

// split puts panels under the row that they stand below.
function split(list) {
  const sorted = [...list].sort((a, b) => (a.gridPos?.y ?? 0) - (b.gridPos?.y ?? 0) || (a.gridPos?.x ?? 0) - (b.gridPos?.x ?? 0));
  const out = [{ panels: [] }];
  for (const p of sorted) {
    if (p.type === "row") out.push({ title: p.title || "", collapsed: !!p.collapsed, panels: [...(p.panels || [])] });
    else out.at(-1).panels.push(p);
  }
  return out.filter((s) => s.panels.length);
}
