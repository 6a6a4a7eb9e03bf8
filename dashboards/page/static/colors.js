// Grafana's names of colours in the page's own hues, for light and for dark.

import { theme } from "./prefs.js";

// hue → [light theme, dark theme]
const hues = {
  green: ["#2e8b57", "#58b884"], red: ["#c8413b", "#ee7168"], orange: ["#cc7a1e", "#f0a24e"], yellow: ["#b8960c", "#e6c84a"],
  blue: ["#2f6fbd", "#6aa5ec"], purple: ["#7d58b8", "#ae8ce6"], gray: ["#7b8794", "#97a3b0"], text: ["#1d2733", "#dce3ea"], transparent: ["transparent", "transparent"],
};

const palettes = [
  ["#2f6fbd", "#d9822b", "#2e8b57", "#b3478c", "#7d58b8", "#1f95a3", "#b8960c", "#c8413b", "#5d7fa3", "#8a6d3b", "#4a9a2f", "#a05195"],
  ["#6aa5ec", "#f0a24e", "#58b884", "#e07fb8", "#ae8ce6", "#4fc3cf", "#e6c84a", "#ee7168", "#94b3d6", "#c4a574", "#8ccf6a", "#d391cf"],
];

const index = () => (theme() === "dark" ? 1 : 0);

export const series = (i) => palettes[index()][i % palettes[0].length];

// named gives a colour by Grafana's name, such as semi-dark-green, or as it is written.
export function named(name) {
  if (!name) return "";
  if (name.startsWith("#") || name.startsWith("rgb")) return name;
  const [, shade, hue] = name.match(/^(?:(super-light|light|semi-dark|dark)-)?(\w+)$/) || [];
  const base = hues[hue];
  if (!base) return name;
  const mix = { "super-light": -0.35, light: -0.18, "semi-dark": 0.12, dark: 0.24 }[shade] || 0;
  return blend(base[index()], mix > 0 ? "#000000" : "#ffffff", Math.abs(mix));
}

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

export function blend(a, b, t) {
  if (!t || !a.startsWith("#")) return a;
  const [x, y] = [rgb(a), rgb(b)];
  return "#" + x.map((v, i) => Math.round(v + (y[i] - v) * t).toString(16).padStart(2, "0")).join("");
}

// scales of continuous colours, low to high.
const scales = {
  GrYlRd: ["green", "yellow", "red"], RdYlGr: ["red", "yellow", "green"], BlYlRd: ["blue", "yellow", "red"], YlRd: ["yellow", "red"], BlPu: ["blue", "purple"], YlBl: ["yellow", "blue"],
};

export function scale(mode) {
  const list = scales[(mode || "").replace("continuous-", "")];
  if (list) return list.map(named);
  const base = { reds: "red", greens: "green", purples: "purple", oranges: "orange" }[(mode || "").replace("continuous-", "")] || "blue";
  const ground = index() ? "#1c2632" : "#eef3f9";
  return [ground, blend(ground, named(base), 0.55), named(base), blend(named(base), index() ? "#ffffff" : "#000000", 0.25)];
}

// along is the colour at a place between 0 and 1 of a scale.
export function along(list, t) {
  const at = Math.min(Math.max(t, 0), 1) * (list.length - 1);
  const i = Math.min(Math.floor(at), list.length - 2);
  return blend(list[i], list[i + 1], at - i);
}

// on is the colour of text that is read on a ground.
export function on(ground) {
  if (!ground.startsWith("#")) return "";
  const [r, g, b] = rgb(ground).map((v) => { const c = v / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.22 ? "#10161d" : "#ffffff";
}

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const ink = () => ({ text: css("--text"), mute: css("--mute"), line: css("--line"), soft: css("--soft"), ground: css("--panel"), accent: css("--accent") });
