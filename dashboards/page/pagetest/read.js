async () => {
  const uid = decodeURIComponent(location.pathname.split("/")[2] || "");
  const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const [site, board] = await Promise.all([fetch("/api/boards?lang=" + lang), fetch(`/api/boards/${uid}?lang=${lang}`)].map(async (r) => (await r).json()));
  const defs = new Map();
  const walk = (list) => (list || []).forEach((p) => { defs.set(String(p.id), p); walk(p.panels); });
  walk(board.panels);
  const mapped = (def) => {
    const out = {};
    const add = (value, text) => { if (text !== undefined) (out[value] ||= []).push(text); };
    const lists = [def.fieldConfig?.defaults?.mappings, ...(def.fieldConfig?.overrides || []).flatMap((o) => o.properties.filter((p) => p.id === "mappings").map((p) => p.value))];
    for (const m of lists.flat().filter(Boolean)) {
      if (m.type === "value") for (const [value, r] of Object.entries(m.options)) add(value, r.text);
      else add("", m.options.result?.text);
    }
    return out;
  };
  const drawn = (chart) => {
    const c = chart.querySelector("canvas");
    if (!c) return !chart.clientWidth;
    const data = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
    for (let i = 3; i < data.length; i += 4) if (data[i]) return true;
    return false;
  };
  const cells = (section, name) => [...section.querySelectorAll(`[data-${name}]`)].map((e) => ({ At: e.dataset[name], Text: e.textContent }));
  return {
    Title: document.querySelector("h1")?.textContent || "", Zone: (board.timezone || "browser") === "browser" ? site.zone : board.timezone.toLowerCase() === "utc" ? "UTC" : board.timezone,
    Wide: document.documentElement.scrollWidth, Window: document.documentElement.clientWidth,
    Panels: [...document.querySelectorAll(".panel")].map((p) => {
      const r = p.getBoundingClientRect();
      const def = defs.get(p.dataset.panel);
      const long = p.querySelector(".hidden-table tbody");
      return {
        ID: +p.dataset.panel, Kind: p.dataset.kind, Title: def.title || "", State: p.dataset.state || "", Note: p.querySelector(":scope > .note")?.textContent || "", Text: p.querySelector(".body").textContent,
        Box: { X: r.x, Y: r.y, W: r.width, H: r.height }, Drawn: [...p.querySelectorAll(".chart")].map(drawn), Answer: p.answer ? { Frames: p.answer.frames } : null,
        Overflow: [...p.querySelectorAll(".stat-value, .gauge-value, .bar-value")].some((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== "inline" || (e.getBoundingClientRect().bottom > r.bottom + 1 && !e.closest(".meters"))),
        Cells: cells(p, "cell"), Calcs: cells(p, "calc"), Mapped: mapped(def), NoValue: def.fieldConfig?.defaults?.noValue || "", Values: p.dataset.kind === "table" || !!long || !!def.options?.reduceOptions?.values,
      };
    }),
  };
}
