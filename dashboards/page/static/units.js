// Numbers and times as text: Grafana's units, by the page's language and time zone. Pure, so that a test can read every
// text back to the number it stands for.

import { lang } from "./prefs.js";

let zoneName = "UTC";
export const setZone = (z) => { zoneName = z === "Local" ? undefined : z; };

const formats = new Map();
const numberFormat = (decimals) => {
  const key = decimals;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  return formats.get(key);
};

const fixed = (v, decimals) => {
  const text = numberFormat(decimals).format(v);
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text; // no minus zero
};

// auto is how many decimals a number deserves that nobody said anything about: whole numbers none, others two, and
// small ones so many that two digits are seen.
export function auto(v) {
  if (Number.isInteger(v) || !Number.isFinite(v)) return 0;
  const size = Math.floor(Math.log10(Math.abs(v)));
  const most = size >= 0 ? 2 : Math.min(1 - size, 8);
  return fixed(v, most).replace(/0+$/, "").split(".")[1]?.length || 0;
}

// together is how many decimals numbers deserve that stand under each other.
export const together = (values) => Math.min(values.reduce((d, v) => Math.max(d, typeof v === "number" ? auto(v) : 0), 0), 4);

const plain = (v, d) => fixed(v, d ?? auto(v));

// steps writes a number with the largest suffix that fits.
function steps(base, list) {
  return (v, d) => {
    let i = 0;
    let n = v;
    while (Math.abs(n) >= base && i < list.length - 1) { n /= base; i++; }
    if (Math.abs(+n.toFixed(d ?? 2)) >= base && i < list.length - 1) { n /= base; i++; }
    return fixed(n, d ?? (i === 0 ? auto(n) : Math.abs(n) >= 100 ? 1 : 2)) + list[i];
  };
}

const shortEn = steps(1000, ["", " K", " Mil", " Bil", " Tri"]);
function short(v, d) {
  if (lang() !== "zh") return shortEn(v, d);
  for (const [size, name] of [[1e12, " 万亿"], [1e8, " 亿"], [1e4, " 万"]]) {
    if (Math.abs(v) >= size) return fixed(v / size, d ?? 2) + name;
  }
  return plain(v, d);
}

// durations: from a unit in seconds, in the largest unit that fits.
function duration(unit) {
  return (v, d) => {
    const s = v * unit;
    const a = Math.abs(s);
    const pick = (size, en, zh) => fixed(s / size, d ?? auto(+(s / size).toFixed(2))) + " " + (lang() === "zh" ? zh : en);
    if (a >= 86400 * 365) return pick(86400 * 365, "years", "年");
    if (a >= 86400 * 2) return pick(86400, "days", "天");
    if (a >= 3600) return pick(3600, "h", "小时");
    if (a >= 60) return pick(60, "min", "分钟");
    if (a >= 1 || a === 0) return pick(1, "s", "秒");
    if (a >= 1e-3) return pick(1e-3, "ms", "毫秒");
    return pick(1e-6, "µs", "微秒");
  };
}

const signs = { USD: "$", GBP: "£", EUR: "€", CNY: "¥", JPY: "¥", INR: "₹", KRW: "₩", RUB: "₽", BRL: "R$", CHF: "CHF", HKD: "HK$", TWD: "NT$", SGD: "S$", AUD: "A$", CAD: "C$" };
const money = (sign) => (v, d) => (v < 0 ? "-" : "") + sign + short(Math.abs(v), d);
const suffix = (text) => (v, d) => plain(v, d) + text;

const table = {
  none: plain, "": plain, locale: plain, number: plain, string: (v) => String(v), short,
  sishort: steps(1000, ["", " K", " M", " G", " T"]),
  percent: suffix("%"),
  percentunit: (v, d) => fixed(v * 100, d ?? auto(+(v * 100).toFixed(2))) + "%",
  bytes: steps(1024, [" B", " KiB", " MiB", " GiB", " TiB"]),
  decbytes: steps(1000, [" B", " kB", " MB", " GB", " TB"]),
  binBps: steps(1024, [" B/s", " KiB/s", " MiB/s", " GiB/s"]),
  Bps: steps(1000, [" B/s", " kB/s", " MB/s", " GB/s"]),
  ns: duration(1e-9), µs: duration(1e-6), ms: duration(1e-3), s: duration(1), m: duration(60), h: duration(3600), d: duration(86400),
  dtdurations: duration(1), dtdurationms: duration(1e-3),
  reqps: suffix(" req/s"), ops: suffix(" ops/s"), rps: suffix(" rd/s"), wps: suffix(" wr/s"), cps: suffix(" c/s"), eps: suffix(" evt/s"), pps: suffix(" p/s"),
};

// number writes a number in a unit of Grafana.
export function number(v, unit = "", decimals = null) {
  const d = decimals ?? undefined;
  if (table[unit]) return table[unit](v, d);
  if (/^currency[A-Z]{3}$/.test(unit)) return money(signs[unit.slice(8)] || unit.slice(8) + " ")(v, d);
  const [kind, text] = [unit.slice(0, unit.indexOf(":")), unit.slice(unit.indexOf(":") + 1)];
  switch (kind) {
    case "suffix": return plain(v, d) + (/^[\w(]/.test(text) ? " " : "") + text;
    case "prefix": return text + plain(v, d);
    case "currency": return money(text)(v, d);
    case "si": return steps(1000, ["", "k", "M", "G", "T"].map((p) => " " + p + text))(v, d);
    case "count": return plain(v, d) + " " + text;
  }
  if (isTime(unit)) return time(v, unit);
  return plain(v, d) + (unit ? " " + unit : "");
}

// even says whether a unit shows numbers as they are, so that decimals under each other are to be alike.
export const even = (unit = "") => ["", "none", "locale", "number", "percent"].includes(unit) || /^(suffix|prefix|count):/.test(unit);

export const isTime = (unit = "") => unit.startsWith("dateTime") || unit.startsWith("time:");

const parts = new Map();
function wall(ms, zone) {
  const key = zone || "";
  if (!parts.has(key)) {
    parts.set(key, new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  }
  return Object.fromEntries(parts.get(key).formatToParts(ms).map((p) => [p.type, p.value]));
}

// time writes an instant in the page's zone. Midnight is a day.
export function time(ms, unit = "") {
  if (!(Math.abs(ms) <= 8.64e15)) return String(ms); // no instant that a calendar has
  if (unit === "dateTimeFromNow") return fromNow(ms);
  const p = wall(ms, zoneName);
  const day = `${p.year}-${p.month}-${p.day}`;
  if (unit === "time:YYYY-MM-DD") return day;
  if (p.hour === "00" && p.minute === "00" && p.second === "00") return day;
  return `${day} ${p.hour}:${p.minute}` + (p.second === "00" ? "" : ":" + p.second);
}

function fromNow(ms) {
  const s = (ms - Date.now()) / 1000;
  const zh = lang() === "zh";
  const text = duration(1)(Math.round(Math.abs(s)), 0);
  return s > 0 ? (zh ? text + "后" : "in " + text) : (zh ? text + "前" : text + " ago");
}

// shift is an instant as if the page's wall clock were UTC: what a chart's axis is given.
export function shift(ms) {
  if (zoneName === "UTC") return ms;
  const p = wall(ms, zoneName);
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) + (ms % 1000);
}
