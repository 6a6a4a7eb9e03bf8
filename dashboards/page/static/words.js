// Every word of the page itself; the boards bring their own. One line a word, both languages beside each other.

import { lang } from "./prefs.js";

const words = {
  skip: ["Skip to the board", "跳到看板"],
  boards: ["Boards", "看板"],
  work: ["Work", "工作"],
  status: ["System status", "系统状态"],
  dark: ["Dark", "深色"],
  light: ["Light", "浅色"],
  language: ["中文", "English"],
  signedIn: ["Signed in as {0}", "当前用户:{0}"],
  signOut: ["Sign out", "退出"],
  timeRange: ["Time range", "时间范围"],
  quick: ["Quick ranges", "快捷范围"],
  own: ["Own range", "自定义范围"],
  from: ["From", "开始"],
  to: ["To", "结束"],
  rangeHelp: ["2026-03-02, 2026-03-02 14:30, now-7d, now/d", "2026-03-02、2026-03-02 14:30、now-7d、now/d"],
  apply: ["Apply", "应用"],
  zone: ["Days and times in {0}", "日期和时间按 {0} 时区"],
  refresh: ["Refresh", "刷新"],
  refreshEvery: ["Refresh every", "自动刷新间隔"],
  off: ["Off", "关闭"],
  all: ["All", "全部"],
  none: ["None", "无"],
  search: ["Search", "搜索"],
  chosen: ["{0} chosen", "已选 {0} 项"],
  moreOptions: ["{0} more; search for them", "还有 {0} 项,请搜索"],
  noOptions: ["Nothing to choose from", "没有可选项"],
  asOf: ["Data as of {0}", "数据截至 {0}"],
  ago: ["{0} old", "{0}前"],
  noAge: ["No report yet", "尚无报告"],
  loading: ["Loading", "加载中"],
  empty: ["No data for this time range and this choice.", "当前时间范围和筛选条件下没有数据。"],
  emptyLive: ["No samples yet: this process keeps its metrics for some hours, from its start on.", "暂无样本:本进程从启动起保留数小时的指标。"],
  failed: ["This could not be answered", "查询未成功"],
  offline: ["The server does not answer", "服务器没有响应"],
  slow: ["This took too long", "查询超时"],
  granted: ["Not for your login", "当前账户无权查看"],
  retry: ["Try again", "重试"],
  noCharts: ["Charts are missing from this build: build it with make build. The numbers are in the table.", "本程序缺少图表库,请用 make build 重新构建。数字见表格。"],
  about: ["About {0}", "关于 {0}"],
  menuOf: ["Menu of {0}", "{0} 的菜单"],
  asTable: ["Show as table", "以表格显示"],
  asChart: ["Show as chart", "以图表显示"],
  enlarge: ["Enlarge", "放大"],
  shrink: ["Close", "关闭"],
  csv: ["Download CSV", "下载 CSV"],
  moreRows: ["Show more rows ({0} left)", "显示更多行(剩余 {0} 行)"],
  cut: ["{0} more rows are not shown; narrow the choice or download the CSV.", "另有 {0} 行未显示;请缩小范围或下载 CSV。"],
  restIsInFile: ["{0} more rows: in the CSV.", "其余 {0} 行见 CSV。"],
  dataOf: ["Data of {0}", "{0} 的数据"],
  noBoard: ["There is no such board.", "没有这个看板。"],
  noPanel: ["This panel has nothing to show here.", "此面板在这里没有内容。"],
  total: ["Total", "合计"],
  sortBy: ["Sort by {0}", "按 {0} 排序"],
  share: ["share", "占比"],
  nan: ["–", "–"],
  yes: ["yes", "是"],
  no: ["no", "否"],
  true: ["true", "是"],
  false: ["false", "否"],
};

export function say(key, ...args) {
  const text = words[key][lang() === "zh" ? 1 : 0];
  return args.reduce((t, a, i) => t.replaceAll(`{${i}}`, a), text);
}

// The quick time ranges.
export const ranges = [
  ["now/d", "now/d", "Today", "今天"],
  ["now-1d/d", "now-1d/d", "Yesterday", "昨天"],
  ["now/w", "now/w", "This week", "本周"],
  ["now-1w/w", "now-1w/w", "Last week", "上周"],
  ["now/M", "now/M", "This month", "本月"],
  ["now-1M/M", "now-1M/M", "Last month", "上月"],
  ["now/Q", "now/Q", "This quarter", "本季度"],
  ["now-1Q/Q", "now-1Q/Q", "Last quarter", "上季度"],
  ["now/y", "now/y", "This year", "今年"],
  ["now-1y/y", "now-1y/y", "Last year", "去年"],
  ["now-1h", "now", "Last hour", "最近 1 小时"],
  ["now-6h", "now", "Last 6 hours", "最近 6 小时"],
  ["now-24h", "now", "Last 24 hours", "最近 24 小时"],
  ["now-7d", "now", "Last 7 days", "最近 7 天"],
  ["now-28d", "now", "Last 28 days", "最近 28 天"],
  ["now-90d", "now", "Last 90 days", "最近 90 天"],
  ["now-180d", "now", "Last 180 days", "最近 180 天"],
  ["now-1y", "now", "Last 12 months", "最近 12 个月"],
  ["now-2y", "now", "Last 2 years", "最近 2 年"],
];

const units = { m: ["minutes", "分钟"], h: ["hours", "小时"], d: ["days", "天"], w: ["weeks", "周"], M: ["months", "个月"], y: ["years", "年"] };

// rangeText names a range as a person would.
export function rangeText(from, to) {
  const zh = lang() === "zh" ? 1 : 0;
  const known = ranges.find((r) => r[0] === from && r[1] === to);
  if (known) return known[2 + zh];
  const back = to === "now" && from.match(/^now-(\d+)([mhdwMy])(?:\/d)?$/);
  if (back) return zh ? `最近 ${back[1]} ${units[back[2]][1]}` : `Last ${back[1]} ${units[back[2]][0]}`;
  const instant = (t) => (/^\d{9,}$/.test(t) ? new Date(+t).toISOString().slice(0, 16).replace("T", " ") : t);
  return zh ? `${instant(from)} 至 ${instant(to)}` : `${instant(from)} to ${instant(to)}`;
}

// span names a length of time in its largest unit.
export function span(seconds) {
  const zh = lang() === "zh";
  const steps = [[86400 * 2, 86400, "d", "天"], [3600 * 2, 3600, "h", "小时"], [60, 60, "min", "分钟"], [0, 1, "s", "秒"]];
  const [, unit, en, cn] = steps.find(([least]) => seconds >= least);
  return `${Math.round(seconds / unit)} ${zh ? cn : en}`;
}
