// The chosen operation: its answers to be set, and a request to be sent.
import { ask, get, make, readable, say, send, statusOf } from "./dom.js";
import { block } from "./log.js";
import { t } from "./texts.js";

const FAULTS = ["error", "rate-limit", "drop", "truncate", "slow", "timeout"];
let shown = null;

/** Show an operation; the one that is shown again where none is named. */
export async function showOperation(name = shown?.operation) {
  if (!name) return;
  try {
    shown = await ask("GET", "operation", { query: { operation: name } });
  } catch (error) {
    say(error.message);
    return;
  }
  draw();
}

/** Show what is set for the operation now, and leave alone what somebody is writing. */
export async function refresh() {
  if (!shown) return;
  shown.set = (await ask("GET", "operation", { query: { operation: shown.operation }, session: session() })).set;
  get("set-now").replaceChildren(...standing());
}

export function draw() {
  if (!shown) return;
  get("operation-heading").textContent = `${shown.method} ${shown.path}`;
  get("operation-shown").replaceChildren(
    make("p", {}, shown.summary || shown.operation, " ", shown.deprecated ? make("span", { class: "tag" }, t("deprecated")) : null),
    make("p", { class: "quiet mono" }, shown.place),
    make("div", { id: "set-now", "aria-live": "polite" }, ...standing()),
    make("h3", {}, t("answers")),
    ...shown.answers.flatMap((one) => (one.examples.length ? one.examples : [null]).map((name) => choice(one, name))),
    make("div", { class: "pair" },
      make("label", {}, make("span", {}, t("delay")), make("input", { id: "delay", autocomplete: "off" })),
      make("label", {}, make("span", {}, t("fault")), make("select", { id: "fault" },
        make("option", { value: "" }, t("noFault")), ...FAULTS.map((name) => make("option", { value: name }, name))))),
    make("label", {}, make("span", {}, t("session")), make("input", { id: "session", autocomplete: "off", maxLength: 200, onchange: refresh })),
    make("button", { type: "button", onclick: () => set({}) }, t("onlyDelay")),
    ownAnswer(),
    ...form(),
  );
}

const session = () => get("session")?.value.trim() ?? "";

function standing() {
  if (!shown.set.length) return [];
  return [make("div", { class: "set" }, make("strong", {}, t("setNow")),
    make("ul", {}, ...shown.set.map((one) => make("li", {}, inWords(one)))),
    make("button", { type: "button", onclick: clear }, t("clear")))];
}

function inWords(one) {
  const times = one.times === undefined ? t("forever") : one.times === 1 ? t("leftOnce") : t("left", { times: one.times });
  return [one.status, one.example, one.body === undefined ? null : t("ownBody"), one.delay, one.fault, times]
    .filter((part) => part !== undefined && part !== null).join(" · ");
}

function choice(one, example) {
  const what = `${one.status} ${example ?? ""}`.trim();
  const answer = example === null ? { status: one.status } : { status: one.status, example };
  const button = (key, more) => make("button", {
    type: "button", "aria-label": t(`${key}_label`, { what }), onclick: () => set({ ...answer, ...more }),
  }, t(key));
  return make("div", { class: "answer" },
    make("span", {}, statusOf(one.status), one.key === String(one.status) ? "" : ` (${one.key})`, " ", example ?? make("span", { class: "quiet" }, one.description)),
    button("always", {}), button("once", { times: 1 }));
}

// A body, or header fields, beside or instead of the document's.
function ownAnswer() {
  const options = shown.answers.map((one) => make("option", { value: String(one.status) }, String(one.status)));
  const button = (key, more) => make("button", { type: "button", "aria-label": t(`${key}_label`, { what: t("ownBody") }), onclick: () => setOwn(more) }, t(key));
  return make("details", {}, make("summary", {}, t("own")),
    make("label", {}, make("span", {}, t("status")), make("select", { id: "own-status" }, ...options)),
    make("label", {}, make("span", {}, t("headers")), make("textarea", { id: "own-headers", spellcheck: false })),
    make("label", {}, make("span", {}, t("body")), make("textarea", { id: "own-body", spellcheck: false })),
    button("always", {}), " ", button("once", { times: 1 }));
}

async function setOwn(more) {
  const [headers, body] = [Object.fromEntries(fieldsOf("own-headers")), get("own-body").value];
  const own = { status: Number(get("own-status").value), ...more };
  if (Object.keys(headers).length) own.headers = headers;
  if (body) own.body = parsed(body);
  await set(own);
}

// What is no JSON is a text.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function fieldsOf(id) {
  return get(id).value.split("\n").filter((one) => one.includes(":"))
    .map((one) => [one.slice(0, one.indexOf(":")).trim(), one.slice(one.indexOf(":") + 1).trim()]);
}

async function set(answer) {
  const [delay, fault] = [get("delay").value.trim(), get("fault").value];
  const whole = { ...answer, ...(delay && { delay }), ...(fault && { fault }) };
  const query = { operation: shown.operation };
  try {
    const reply = whole.times
      ? await ask("POST", "answers", { query, body: whole, session: session() })
      : await ask("PUT", "answers", { query, body: { answers: [whole] }, session: session() });
    const [first] = reply.violations;
    say(first ? t("doneBroken", { what: `${first.pointer}: ${first.message}` }) : t("done"));
    await refresh();
  } catch (error) {
    say(t("refused", { reason: error.message }));
  }
}

async function clear() {
  await ask("DELETE", "answers", { query: { operation: shown.operation }, session: session() });
  say(t("cleared"));
  await refresh();
}

function form() {
  const { method, path, query, headers, body } = shown.request;
  const field = (id, label, control) => make("label", { htmlFor: id }, make("span", {}, label), control);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join("\n");
  return [
    make("h3", {}, t("request")),
    make("form", { onsubmit: submit },
      field("target", `${method} · ${t("target")}`, make("input", { id: "target", autocomplete: "off", class: "mono", value: query ? `${path}?${query}` : path })),
      field("headers", t("headers"), make("textarea", { id: "headers", value: lines, spellcheck: false })),
      method === "GET" || method === "HEAD" ? null : field("body", t("body"), make("textarea", { id: "body", value: body, spellcheck: false })),
      make("button", { type: "submit" }, t("send"))),
    make("div", { id: "sent", "aria-live": "polite" }),
  ];
}

async function submit(event) {
  event.preventDefault();
  const fields = fieldsOf("headers");
  if (session() && !fields.some(([name]) => name.toLowerCase() === "mock-session")) fields.push(["Mock-Session", session()]);
  try {
    const answer = await send(shown.method, get("target").value, fields, get("body")?.value ?? "");
    get("sent").replaceChildren(make("p", {}, t("answered", { status: answer.status })),
      answer.text ? block(readable(answer.text), t("answerHeading")) : make("p", { class: "quiet" }, t("noBody")));
  } catch (error) {
    get("sent").replaceChildren(make("p", {}, t("failed", { reason: error.message })));
  }
}
