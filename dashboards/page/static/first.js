// Before anything is drawn: theme and language, so that nothing flashes.
(() => {
  const asked = new URLSearchParams(location.search);
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const theme = asked.get("theme") || kept("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const lang = asked.get("lang") || kept("lang") || (navigator.language.startsWith("zh") ? "zh" : "en");
  document.documentElement.lang = lang === "zh" ? "zh-Hans" : "en";
})();
