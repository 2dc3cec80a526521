// The page: what is served, its problems and its state at the top; operations, requests and answers below.
import { draw as drawAnswers, refresh, showOperation } from "./answers.js";
import { ask, get, make, say } from "./dom.js";
import { addCalls, beginLog, draw as drawLog, keptCalls, loadCalls } from "./log.js";
import { beginOperations, draw as drawOperations, loadOperations, mark } from "./operations.js";
import { begin, switchLanguage, t } from "./texts.js";

// Milliseconds before the next attempt to reach the mock, and between two looks at what it holds.
const AGAIN = 1000;
const PAUSE = 500;
let status = null;
let problems = null;
let scenarios = [];
let connected = false;
let looking = false;

function view(name) {
  document.body.dataset.view = name;
  for (const button of document.querySelectorAll("[data-shows]")) {
    button.setAttribute("aria-pressed", String(button.dataset.shows === name));
  }
}

async function show(name) {
  mark(name);
  await showOperation(name);
  view("operation");
}

function drawStatus() {
  get("live").textContent = connected && status ? t("live", status) : t("lost");
  get("language").textContent = t("other");
  get("language").lang = document.documentElement.lang === "es" ? "en" : "es";
  if (!status) return;
  get("title").textContent = [status.title || status.name, status.version].filter(Boolean).join(" ");
  document.title = `${status.title || status.name} · cierre mock`;
  get("state").replaceChildren(...(status.state === null ? [] : [
    make("strong", {}, t("state")),
    ...Object.entries(status.state).map(([name, count]) => make("span", { class: "tag" }, `${name} ${count}`)),
    make("button", { type: "button", onclick: reset }, t("reset")),
    make("a", { href: "state", download: "state.json" }, t("download")),
  ]));
  get("problems").hidden = problems === null;
  if (problems) get("problems").textContent = problems.length ? t("problems", { count: problems.length }) : t("noProblems");
}

// One of them, none, or several, as another client may have switched them.
function drawScenarios() {
  if (scenarios.length === 0) return;
  const on = scenarios.filter((one) => one.on).map((one) => one.name);
  const options = [["", t("noScenario")], ...scenarios.map((one) => [one.name, one.name])];
  if (on.length > 1) options.push([on.join(), on.join(", ")]);
  const select = make("select", { onchange: (event) => switchTo(event.target.value) },
    ...options.map(([value, text]) => make("option", { value }, text)));
  select.value = on.join();
  const chosen = scenarios.find((one) => one.on);
  get("scenarios").replaceChildren(
    make("label", {}, make("strong", {}, t("scenario")), " ", select),
    make("button", { type: "button", onclick: beginScenarios }, t("beginScenario")),
    make("small", {}, on.length === 1 ? chosen.description : ""),
  );
}

async function switchTo(value) {
  await ask("PUT", "scenarios", { body: { on: value ? value.split(",") : [] } });
  say(t("scenarioDone"));
}

async function beginScenarios() {
  await ask("POST", "scenarios/reset");
  say(t("scenarioDone"));
}

async function loadScenarios() {
  const found = (await ask("GET", "scenarios")).scenarios;
  // A choice that somebody is about to make is not drawn over.
  if (JSON.stringify(found) === JSON.stringify(scenarios)) return;
  scenarios = found;
  drawScenarios();
}

async function reset() {
  await ask("POST", "reset");
  say(t("resetDone"));
  await look();
}

async function look() {
  status = await ask("GET", "status");
  drawStatus();
  await loadScenarios();
  // Somebody else has forgotten some.
  if (status.kept < keptCalls()) await loadCalls();
}

// Of many events one look is enough.
function lookSoon() {
  if (looking) return;
  looking = true;
  setTimeout(() => {
    looking = false;
    look().catch(() => {});
  }, PAUSE);
}

async function loadProblems() {
  problems = (await ask("GET", "problems")).problems;
  drawStatus();
}

function showProblems() {
  get("dialog-heading").textContent = t("problemsHeading");
  get("dialog-shown").replaceChildren(make("ul", {}, ...problems.map((one) => make("li", {}, make("code", {}, one.place), ` ${one.message}`))));
  get("dialog").showModal();
}

async function watch() {
  try {
    await look();
    const last = await loadCalls();
    const events = new EventSource(`events?after=${last}`);
    events.onopen = () => { connected = true; drawStatus(); };
    events.addEventListener("calls", (event) => { addCalls(JSON.parse(event.data)); lookSoon(); });
    events.addEventListener("changed", (event) => changed(JSON.parse(event.data).document));
    events.onerror = () => { events.close(); lost(); };
  } catch {
    lost();
  }
}

function lost() {
  connected = false;
  drawStatus();
  setTimeout(watch, AGAIN);
}

async function changed(isOtherDocument) {
  lookSoon();
  if (!isOtherDocument) {
    await refresh();
    return;
  }
  await loadOperations();
  await showOperation();
  await loadProblems();
}

begin();
view("log");
drawStatus();
for (const button of document.querySelectorAll("[data-shows]")) button.addEventListener("click", () => view(button.dataset.shows));
get("language").addEventListener("click", () => {
  switchLanguage();
  drawStatus();
  drawScenarios();
  drawOperations();
  drawLog();
  drawAnswers();
});
get("problems").addEventListener("click", showProblems);
beginLog(show);
watch();
beginOperations(show).then(loadProblems);
