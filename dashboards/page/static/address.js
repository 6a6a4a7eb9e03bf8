// The address says what is shown, as in Grafana: /d/UID?from=now-7d&to=now&var-partner=acme&refresh=1m

export function read() {
  const q = new URLSearchParams(location.search);
  const vars = {};
  for (const [name, value] of q) {
    if (name.startsWith("var-")) (vars[name.slice(4)] ||= []).push(value);
  }
  const path = location.pathname.match(/^\/d\/([^/]+)/);
  return { uid: path ? decodeURIComponent(path[1]) : "", from: q.get("from"), to: q.get("to"), vars, refresh: q.get("refresh") };
}

export function query(s) {
  const q = new URLSearchParams();
  if (s.from && s.to) { q.set("from", s.from); q.set("to", s.to); }
  for (const [name, values] of Object.entries(s.vars || {})) for (const v of values) q.append("var-" + name, v);
  if (s.refresh !== null && s.refresh !== undefined) q.set("refresh", s.refresh);
  const text = q.toString();
  return text ? "?" + text : "";
}

export const path = (uid, s) => `/d/${encodeURIComponent(uid)}${query(s)}`;

// inside says whether a link leads to another board of this page.
export function inside(a) {
  return a.origin === location.origin && !a.target && (a.pathname === "/" || a.pathname.startsWith("/d/"));
}
