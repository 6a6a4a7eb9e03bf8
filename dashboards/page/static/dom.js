// Elements without markup: text is always text, so nothing that a partner sent can become a tag.

// el("button.small", {onclick, "aria-label": …}, children…)
export function el(kind, props, ...children) {
  const [tag, ...classes] = kind.split(".");
  const e = document.createElement(tag || "div");
  if (classes.length) e.className = classes.join(" ");
  set(e, props);
  e.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

const svgNS = "http://www.w3.org/2000/svg";

export function svg(tag, props, ...children) {
  const e = document.createElementNS(svgNS, tag);
  set(e, props);
  e.append(...children);
  return e;
}

function set(e, props) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [k, v] of Object.entries(value)) e.style.setProperty(k, v);
    else if (name in e && typeof e[name] === "boolean") e[name] = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
}

let ids = 0;
export const newID = (what) => `${what}-${++ids}`;

const paths = {
  info: "M8 7.2v4M8 4.6v.2M14.5 8A6.5 6.5 0 1 1 1.5 8a6.5 6.5 0 0 1 13 0Z",
  more: "M3.2 8h.1M8 8h.1M12.8 8h.1",
  down: "m4 6.2 4 4 4-4",
  close: "m4 4 8 8M12 4l-8 8",
  sun: "M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0Z",
  moon: "M13.5 9.8A5.8 5.8 0 0 1 6.2 2.5a5.8 5.8 0 1 0 7.3 7.3Z",
  clock: "M8 4.4V8l2.4 1.6M14.5 8A6.5 6.5 0 1 1 1.5 8a6.5 6.5 0 0 1 13 0Z",
  refresh: "M13.6 6.5A6 6 0 1 0 14 8.6M13.9 2.8v3.7h-3.7",
  menu: "M2 4h12M2 8h12M2 12h12",
};

export function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: paths[name] }));
}

// drop makes a button that opens a box under it. Escape, a click elsewhere and focus elsewhere close it.
export function drop(button, fill, { right = false, onclose } = {}) {
  const box = el("div.drop" + (right ? ".right" : ""), { hidden: true });
  const wrap = el("div.dropper", {}, button, box);
  button.setAttribute("aria-expanded", "false");
  const outside = (e) => { if (!wrap.contains(e.target)) close(); };
  function close(back) {
    if (box.hidden) return;
    box.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    document.removeEventListener("focusin", outside);
    if (back) button.focus();
    onclose?.();
  }
  button.addEventListener("click", () => {
    if (!box.hidden) return close();
    box.replaceChildren(...[fill(close)].flat());
    box.hidden = false;
    box.classList.remove("flip");
    const r = box.getBoundingClientRect();
    if (r.right > innerWidth - 4 || r.left < 4) box.classList.add("flip");
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    box.querySelector("input,button,a")?.focus({ preventScroll: true });
  });
  wrap.addEventListener("keydown", (e) => { if (e.key === "Escape" && !box.hidden) { e.stopPropagation(); close(true); } });
  return wrap;
}
