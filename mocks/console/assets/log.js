// The live log, newest first, and one request in full.
import { ask, get, make, readable, say, send, statusOf } from "./dom.js";
import { t } from "./texts.js";

const KEPT = 1000;
const STEP = 200;
let calls = [];
let drawn = STEP;
let due = false;
let show = () => {};

export function beginLog(onShow) {
  show = onShow;
  get("filter").addEventListener("input", () => { drawn = STEP; draw(); });
  get("more").addEventListener("click", () => { drawn += STEP; draw(); });
  get("forget").addEventListener("click", async () => {
    await ask("DELETE", "calls");
    calls = [];
    draw();
    say(t("forgotten"));
  });
  get("close").addEventListener("click", () => get("dialog").close());
}

/** Take the whole log anew; the number of the last request. */
export async function loadCalls() {
  const found = await ask("GET", "calls", { query: { limit: KEPT } });
  calls = found.calls;
  draw();
  return found.last;
}

export const keptCalls = () => calls.length;

/** Put the newest ones before those that are there. */
export async function addCalls(newest) {
  const last = calls.length ? calls[0].number : 0;
  let added = newest.filter((one) => one.number > last);
  if (added.length && last && added[added.length - 1].number > last + 1) {
    added = (await ask("GET", "calls", { query: { after: last, limit: KEPT } })).calls;
  }
  calls = [...added, ...calls].slice(0, KEPT);
  if (!due) {
    due = true;
    requestAnimationFrame(() => { due = false; draw(); });
  }
}

export function draw() {
  const wanted = get("filter").value.trim().toLowerCase();
  const found = wanted ? calls.filter((one) => text(one).includes(wanted)) : calls;
  const list = get("calls");
  const before = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const language = document.documentElement.lang;
  const items = found.slice(0, drawn).map((one) => {
    const key = `${one.number} ${one.at} ${language}`;
    return before.get(key) ?? line(one, key);
  });
  // What stays is not moved: whoever reads a line, or has the focus on it, keeps it.
  const kept = new Set(items);
  for (const item of [...list.children]) if (!kept.has(item)) item.remove();
  items.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  get("log-empty").hidden = calls.length > 0;
  get("more").hidden = found.length <= drawn;
}

function text(one) {
  return [one.method, one.path, one.query, one.status, one.why, one.operation, one.session].join(" ").toLowerCase();
}

function line(one, key) {
  return make("li", { "data-key": key }, make("button", { type: "button", class: "line", onclick: () => open(one.number) },
    statusOf(one.status), " ", make("span", { class: "method" }, one.method), " ",
    make("span", { class: "mono" }, target(one)), " ",
    make("span", { class: "quiet" }, `${one.milliseconds.toFixed(1)} ms · ${new Date(one.at * 1000).toLocaleTimeString(document.documentElement.lang)}`),
    one.session ? make("span", { class: "tag" }, t("sessionShown", { session: one.session })) : null,
    make("span", { class: "why" }, one.why)));
}

function target(one) {
  return one.query ? `${one.path}?${one.query}` : one.path;
}

async function open(number) {
  let call;
  try {
    call = await ask("GET", `calls/${number}`);
  } catch {
    say(t("gone"));
    return;
  }
  get("dialog-heading").textContent = `${call.method} ${target(call)} → ${call.status}`;
  get("dialog-shown").replaceChildren(...whole(call));
  get("dialog").showModal();
}

function whole(call) {
  const acts = [make("button", { type: "button", onclick: () => again(call) }, t("again"))];
  if (call.operation) {
    acts.push(
      make("button", { type: "button", onclick: () => expect(call) }, t("expect")),
      make("button", { type: "button", onclick: () => { get("dialog").close(); show(call.operation); } }, t("show")),
    );
  }
  return [
    make("div", { class: "answer" }, ...acts),
    make("h3", {}, t("why")), make("p", {}, call.why),
    make("h3", {}, t("broken")), broken(call),
    make("h3", {}, t("requestHeading")),
    block(Object.entries(call.request.headers).map(([name, value]) => `${name}: ${value}`).join("\n"), t("requestHeading")),
    ...bodyOf(call.request, t("requestHeading")),
    make("h3", {}, t("answerHeading")),
    block(call.answer.headers.map((one) => `${one.name}: ${one.value}`).join("\n"), t("answerHeading")),
    ...bodyOf(call.answer, t("answerHeading")),
    make("h3", {}, t("curl")), block(call.curl, t("curl")),
    make("button", { type: "button", onclick: () => copy(call.curl) }, t("copy")),
  ];
}

// Scrolled with the keyboard, too.
export function block(content, label) {
  return make("pre", { tabIndex: 0, role: "group", "aria-label": label }, content);
}

function bodyOf(part, label) {
  if (!part.size) return [make("p", { class: "quiet" }, t("noBody"))];
  const body = block(part.cut ? part.body : readable(part.body), `${label}: ${t("body")}`);
  return part.cut ? [body, make("p", { class: "quiet" }, t("cut", { size: part.size }))] : [body];
}

function broken(call) {
  if (!call.operation) return make("p", {}, t("unknown"));
  if (!call.broken.length) return make("p", { class: "quiet" }, t("notBroken"));
  return make("ul", {}, ...call.broken.map((one) => make("li", {},
    make("span", {}, `${one.location}${one.pointer}: ${one.message}`), " ", make("code", {}, one.place))));
}

async function again(call) {
  if (call.request.cut) {
    say(t("refused", { reason: t("cut", { size: call.request.size }) }));
    return;
  }
  try {
    const answer = await send(call.method, target(call), Object.entries(call.request.headers), call.request.body);
    say(t("answered", { status: answer.status }));
  } catch (error) {
    say(t("failed", { reason: error.message }));
  }
}

async function expect(call) {
  try {
    await ask("POST", `calls/${call.number}/expect`, { session: call.session });
    say(t("expected"));
  } catch (error) {
    say(t("refused", { reason: error.message }));
  }
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  say(t("copied"));
}
