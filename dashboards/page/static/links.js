// A data link's address with its variables filled in. What is filled in is encoded, and an address that is not of the web
// is no link, so a partner's text cannot become a script or another page's parameter.

import { display } from "./fields.js";

const token = /\$\{([^}:]+(?:\["[^"]*"\])?)(?::([a-z]+))?\}|\$([a-zA-Z]\w*)/g;

// scope: {state, vars: {name: [values]}, span: {from, to}, fields, field, row}
export function fill(url, scope) {
  const { field, row } = scope;
  const text = url.replace(token, (whole, name, format, bare) => {
    const n = name || bare;
    if (n === "__url_time_range") return `from=${encodeURIComponent(scope.state.from)}&to=${encodeURIComponent(scope.state.to)}`;
    if (n === "__all_variables") return Object.keys(scope.vars).map((v) => param(v, scope.vars[v])).filter(Boolean).join("&");
    if (n === "__from") return scope.span.from;
    if (n === "__to") return scope.span.to;
    if (Object.hasOwn(scope.vars, n)) return format === "queryparam" ? param(n, scope.vars[n]) : encode(scope.vars[n].join(","), format);
    const v = value(n, scope, field, row);
    return v === undefined ? whole : encode(v, format);
  });
  try {
    const a = new URL(text, location.href);
    return a.protocol === "http:" || a.protocol === "https:" ? text : "";
  } catch { return ""; }
}

const encode = (v, format) => (format === "raw" ? String(v ?? "").replace(/[&#?\s"'<>\\]/g, encodeURIComponent) : encodeURIComponent(v ?? ""));
const param = (name, values) => values.map((v) => `var-${encodeURIComponent(name)}=${encodeURIComponent(v)}`).join("&");

function value(name, scope, field, row) {
  const at = (f, how) => {
    const i = f.rows.indexOf(row);
    const v = i < 0 ? undefined : f.values[i];
    return how === "text" ? display(f, v ?? null).text : v;
  };
  let m;
  if ((m = name.match(/^__value(?:\.(raw|text|numeric|time))?$/))) {
    if (m[1] === "time") { const t = scope.fields.find((f) => f.kind === "time" || f.kind === "day"); return t && at(t); }
    return field && at(field, m[1]);
  }
  if ((m = name.match(/^__data\.fields(?:\.(\w+)|\["([^"]+)"\]|\[(\d+)\])(?:\.(text|numeric))?$/))) {
    const f = m[3] !== undefined ? scope.fields[+m[3]] : scope.fields.find((x) => x.name === (m[1] ?? m[2]) || x.config?.displayName === (m[1] ?? m[2]));
    return f && at(f, m[4]);
  }
  if (name === "__series.name" || name === "__field.name") return field?.name;
  if ((m = name.match(/^__field\.labels\.(\w+)$/))) return field?.labels?.[m[1]];
  return undefined;
}
