// The page: which boards and rooms there are, the one that is open, and the address that says so. A board shows; a room is
// where people work, and brings a module of its own.

import { el, icon } from "./dom.js";
import { say } from "./words.js";
import { lang, theme, setLang, setTheme, onTheme } from "./prefs.js";
import * as address from "./address.js";
import * as api from "./api.js";
import { setZone } from "./units.js";
import { build } from "./grid.js";
import { variable, timePicker, refresher, age, seconds } from "./bar.js";

const app = document.getElementById("app");
let site = null; // what the server says of itself and its boards
let open = null; // the board or room that is open
let turn = 0; // of loading; an older one that comes late is dropped

const main = el("main", { id: "board", tabindex: "-1" });
const nav = el("nav.side");
const clock = age();

async function start() {
  document.querySelector(".skip").textContent = say("skip");
  site = await api.boards(lang());
  frame();
  await show();
}

// frame draws what stands around a board.
function frame() {
  const other = lang() === "zh" ? "en" : "zh";
  const menu = el("button.quiet.burger", { type: "button", "aria-label": say("boards"), "aria-expanded": "false", onclick: () => {
    const on = nav.classList.toggle("open");
    menu.setAttribute("aria-expanded", String(on));
  } }, icon("menu"));
  nav.setAttribute("aria-label", say("boards"));
  nav.replaceChildren(
    el("div.brand", {}, el("img", { src: "/static/icon.svg", alt: "", width: 22, height: 22 }), el("span", {}, site.title || "sellthrough"), menu),
    el("div.list", {}, el("div.places", {}, ...places()),
      el("div.foot", {},
        site.status ? el("a", { href: "/status" }, say("status")) : null,
        el("div.switches", {},
          el("button.item", { type: "button", lang: other === "zh" ? "zh-Hans" : "en", "data-lang": other, onclick: async () => { setLang(other); await start(); } }, say("language")),
          el("button.item", { type: "button", "data-theme-to": theme() === "dark" ? "light" : "dark", onclick: () => { setTheme(theme() === "dark" ? "light" : "dark"); frame(); mark(); open?.grid?.redraw(); } }, icon(theme() === "dark" ? "sun" : "moon"), say(theme() === "dark" ? "light" : "dark"))),
        site.viewer && site.viewer !== "local" ? el("form", { method: "post", action: "/logout" }, el("span", { title: say("signedIn", viewer()) }, viewer()), el("button.item", { type: "submit" }, say("signOut"))) : null,
        el("small", {}, site.version))));
  if (!nav.isConnected) app.replaceChildren(nav, main);
}

// places lists the boards and the rooms; whose first page is a room finds the rooms first.
function places() {
  const list = (title, items) => [el("h2", { id: `nav-${title}` }, say(title)), el("ul", { "aria-labelledby": `nav-${title}` }, items.map((i) => el("li", {}, i)))];
  const boards = () => list("boards", site.boards.map((b) => el("a", { href: address.path(b.uid, {}), "data-uid": b.uid }, b.title)));
  if (!site.rooms.length) return [boards()[1]];
  const rooms = list("work", site.rooms.map((r) => el("a", { href: r.path, "data-room": r.path }, r.title)));
  return site.home ? [...rooms, ...boards()] : [...boards(), ...rooms];
}

// viewer names whoever is here: a partner that came with its key by the partner.
const viewer = () => (site.viewer.startsWith("key:") ? site.viewer.slice(4) : site.viewer);

// roomOf is the room that an address leads into.
const roomOf = (path) => site?.rooms.find((r) => path === r.path || path.startsWith(r.path + "/"));

function mark() {
  for (const a of nav.querySelectorAll("a[data-room]")) {
    if (a.dataset.room === open?.room?.path) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current");
  }
  for (const a of nav.querySelectorAll("a[data-uid]")) {
    const here = a.dataset.uid === open?.uid;
    if (here) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current");
    a.href = address.path(a.dataset.uid, open?.state ? { from: open.state.from, to: open.state.to, vars: open.state.vars } : {});
  }
}

// show opens the board or the room that the address names.
async function show() {
  const mine = ++turn;
  if (location.pathname === "/" && site.home) history.replaceState(null, "", site.home);
  const room = roomOf(location.pathname);
  if (room) return enter(mine, room);
  const said = address.read();
  const uid = said.uid || site.front;
  nav.classList.remove("open");
  let view = open?.uid === uid && open.lang === lang() ? open.view : null;
  try {
    view ||= await api.board(uid, lang());
  } catch (e) {
    if (mine !== turn) return;
    close();
    main.replaceChildren(el("div.note.bad", {}, el("p", {}, e.code === "board" ? say("noBoard") : e.message)));
    mark();
    return;
  }
  if (mine !== turn) return;
  close();
  const zone = zoneOf(view);
  setZone(zone);
  const state = { from: said.from || view.time?.from || "now-28d", to: said.to || view.time?.to || "now", vars: said.vars, refresh: said.refresh };
  open = { uid, view, state, lang: lang(), zone, chosen: {}, span: { from: Date.now() - 28 * 86400e3, to: Date.now() }, timer: 0 };
  document.title = `${view.title} · ${site.title || "sellthrough"}`;
  mark();
  const bar = el("div.bar");
  main.replaceChildren(el("header.top", {}, el("h1", {}, view.title), clock.e, bar));
  await choose(mine, bar);
}

// enter opens a room: its module draws into main, and is told when the address moves within it and when it is left.
async function enter(mine, room) {
  nav.classList.remove("open");
  if (open?.room?.path === room.path && open.lang === lang()) return open.inside.show();
  let module;
  try {
    await style(room.style);
    module = await import(room.script);
  } catch (e) {
    if (mine !== turn) return;
    close();
    main.replaceChildren(el("div.note.bad", {}, el("p", {}, el("strong", {}, say("failed"))), el("p.why", {}, e.message), el("button", { type: "button", onclick: show }, say("retry"))));
    return;
  }
  if (mine !== turn) return;
  close();
  main.replaceChildren();
  setZone(site.zone);
  open = { room, lang: lang(), inside: null, timer: 0 };
  mark();
  open.inside = module.default({ main, site, go, title: (text) => { document.title = `${text} · ${site.title || "sellthrough"}`; } });
  await open.inside.show();
}

// style loads a style sheet once.
function style(href) {
  if (document.querySelector(`link[href="${href}"]`)) return null;
  return new Promise((done, fail) => document.head.append(el("link", { rel: "stylesheet", href, onload: done, onerror: () => fail(new Error(href)) })));
}

// zoneOf is the time zone of a board: its own, or the system's.
function zoneOf(view) {
  const own = view.timezone || "";
  if (own.toLowerCase() === "utc") return "UTC";
  return own && own !== "browser" ? own : site.zone;
}

const known = () => (open.view.templating?.list || []);
const request = () => ({ from: open.state.from, to: open.state.to, vars: open.chosen, lang: lang() });

// choose asks for the variables' options and then shows the panels.
async function choose(mine, bar) {
  const here = open;
  const names = new Set(known().map((v) => v.name));
  const wanted = Object.fromEntries(Object.entries(here.state.vars).filter(([name]) => names.has(name)));
  let got;
  try {
    got = await api.variables(here.uid, { from: here.state.from, to: here.state.to, vars: wanted, lang: lang() });
  } catch (e) {
    if (mine !== turn || e.code === "login") return;
    drawBar(bar, []);
    main.querySelector(".note")?.remove();
    main.append(el("div.note.bad", {}, el("p", {}, el("strong", {}, say("failed"))), el("p.why", {}, e.message), el("button", { type: "button", onclick: show }, say("retry"))));
    return;
  }
  if (mine !== turn) return;
  here.chosen = Object.fromEntries(got.variables.map((x) => [x.name, x.chosen]));
  here.span = { from: got.from, to: got.to };
  drawBar(bar, got.variables);
  const panels = {
    uid: here.uid, request, reload: show, navigate: go,
    state: () => here.state, vars: () => here.chosen, span: () => here.span, heard: (a) => clock.hear(a),
  };
  const grid = build(here.view, panels);
  here.grid?.dispose();
  here.grid = grid;
  main.querySelector(".sections, .note")?.remove();
  main.append(grid.root);
  grid.refresh();
  every();
}

function drawBar(bar, list) {
  const s = open.state;
  const defs = known();
  bar.replaceChildren(
    ...list.map((x) => variable(defs.find((v) => v.name === x.name), x, (values) => move({ vars: { ...s.vars, [x.name]: values } }))).filter(Boolean),
    el("div.when-bar", {}, timePicker(s, open.zone, (from, to) => move({ from, to })),
      refresher(s.refresh ?? (open.view.refresh || ""), (text) => { s.refresh = text; history.replaceState(null, "", address.path(open.uid, s)); every(); }, refresh)));
}

// move changes what is shown, and the address with it.
function move(change) {
  go(address.path(open.uid, { ...open.state, ...change }));
}

function go(href) {
  history.pushState(null, "", href);
  const stay = open && (open.room ? roomOf(location.pathname) === open.room : address.read().uid === open.uid);
  show();
  if (!stay) scrollTo(0, 0);
}

async function refresh() {
  if (!open?.grid) return;
  open.grid.refresh();
}

function every() {
  clearInterval(open.timer);
  const s = seconds(open.state.refresh ?? open.view.refresh);
  if (s) open.timer = setInterval(() => { if (!document.hidden) refresh(); }, s * 1000);
}

function close() {
  if (!open) return;
  clearInterval(open.timer);
  open.grid?.dispose();
  open.inside?.close();
  document.body.classList.remove("has-large");
  open = null;
}

// Links to boards open without a reload.
document.addEventListener("click", (e) => {
  const a = e.target.closest?.("a[href]");
  if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || a.hasAttribute("download") || !address.inside(a) && !(a.origin === location.origin && !a.target && roomOf(a.pathname))) return;
  e.preventDefault();
  go(a.getAttribute("href"));
});
addEventListener("popstate", () => show());
document.addEventListener("visibilitychange", () => { if (open?.uid) clock.draw(); });
onTheme(() => { frame(); mark(); open?.grid?.redraw(); });

start().catch((e) => { if (e.code !== "login") app.replaceChildren(el("div.note.bad", {}, el("p", {}, el("strong", {}, say("failed"))), el("p.why", {}, e.message), el("button", { type: "button", onclick: () => location.reload() }, say("retry")))); });
