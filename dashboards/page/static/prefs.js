// What a person chose for this page, kept in the browser; an address may ask for another with ?lang= and ?theme=.

export const lang = () => (document.documentElement.lang.startsWith("zh") ? "zh" : "en");

const system = matchMedia("(prefers-color-scheme: dark)");

export const theme = () => document.documentElement.dataset.theme || (system.matches ? "dark" : "light");

export function setLang(to) {
  document.documentElement.lang = to === "zh" ? "zh-Hans" : "en";
  keep("lang", to);
}

export function setTheme(to) {
  document.documentElement.dataset.theme = to;
  keep("theme", to);
}

// onTheme calls back when the system's theme changes and nobody chose one here.
export function onTheme(f) {
  system.addEventListener("change", () => { if (!document.documentElement.dataset.theme) f(); });
}

function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* private windows keep nothing */ }
}
