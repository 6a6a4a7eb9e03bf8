// What the server is asked. An error carries what the server said, and a code for what the page can do about it.

export class Fault extends Error {
  constructor(code, text) { super(text); this.code = code; }
}

export async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...options });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Fault("offline", e.message);
  }
  if (answer.status === 401) { // the session has ended
    location.assign(`/login?lang=${document.documentElement.lang.startsWith("zh") ? "zh" : "en"}&to=${encodeURIComponent(location.pathname + location.search)}`);
    throw new Fault("login", "");
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    const fault = new Fault(said.code || "server", said.error || said.detail || `${answer.status} ${answer.statusText}`);
    fault.status = answer.status;
    fault.said = said;
    throw fault;
  }
  return answer;
}

const post = (path, body, signal) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

const place = (uid) => `/api/boards/${encodeURIComponent(uid)}`;

export const boards = async (lang) => (await ask(`/api/boards?lang=${lang}`)).json();
export const board = async (uid, lang) => (await ask(`${place(uid)}?lang=${lang}`)).json();
export const variables = async (uid, request, signal) => (await post(`${place(uid)}/variables`, request, signal)).json();
export const panel = async (uid, id, request, signal) => (await post(`${place(uid)}/panels/${id}`, request, signal)).json();

// file saves a panel's answer as CSV.
export async function file(uid, id, request) {
  const answer = await post(`${place(uid)}/panels/${id}/csv`, request);
  const name = answer.headers.get("Content-Disposition")?.match(/filename\*=UTF-8''([^;]+)/);
  const a = document.createElement("a");
  a.href = URL.createObjectURL(await answer.blob());
  a.download = name ? decodeURIComponent(name[1]) : "panel.csv";
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}
