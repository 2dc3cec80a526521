// The document's operations, by tag; of a large document only what is opened is drawn.
import { ask, get, make } from "./dom.js";
import { t } from "./texts.js";

const MOST = 100;
let operations = [];
let chosen = null;
let choose = () => {};

export async function beginOperations(onChoose) {
  choose = onChoose;
  get("search").addEventListener("input", draw);
  await loadOperations();
}

export async function loadOperations() {
  operations = (await ask("GET", "operations")).operations;
  draw();
}

export function mark(name) {
  chosen = name;
  for (const button of document.querySelectorAll("#operations-list .line")) {
    button.setAttribute("aria-current", String(button.dataset.operation === name));
  }
}

function line(one) {
  return make("li", {}, make("button", {
    type: "button", class: "line", "data-operation": one.operation, "aria-current": String(one.operation === chosen),
    onclick: () => choose(one.operation),
  },
  make("span", { class: "method" }, one.method), " ",
  make("span", { class: one.deprecated ? "mono deprecated" : "mono" }, one.path),
  one.deprecated ? " " : null, one.deprecated ? make("span", { class: "tag" }, t("deprecated")) : null,
  one.summary ? make("span", { class: "why" }, one.summary) : null));
}

export function draw() {
  const wanted = get("search").value.trim().toLowerCase();
  const list = get("operations-list");
  if (wanted) {
    const found = operations.filter((one) => text(one).includes(wanted));
    list.replaceChildren(
      make("p", { class: "quiet" }, found.length > MOST ? t("matches", { count: found.length, shown: MOST })
        : found.length ? t("operationsCount", { count: found.length }) : t("none")),
      make("ul", {}, ...found.slice(0, MOST).map(line)),
    );
    return;
  }
  const tags = new Map();
  for (const one of operations) {
    for (const tag of one.tags.length ? one.tags : [""]) {
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push(one);
    }
  }
  const open = operations.length <= MOST;
  list.replaceChildren(
    make("p", { class: "quiet" }, t("operationsCount", { count: operations.length })),
    ...[...tags].map(([tag, listed]) => group(tag, listed, open)),
  );
}

function text(one) {
  return [one.method, one.path, one.operation, one.summary, ...one.tags].join(" ").toLowerCase();
}

function group(tag, listed, open) {
  const inner = make("ul");
  const fill = () => {
    if (!inner.childElementCount) inner.append(...listed.map(line));
  };
  const details = make("details", { open, ontoggle: () => details.open && fill() },
    make("summary", {}, `${tag || t("untagged")} (${listed.length})`), inner);
  if (open) fill();
  return details;
}
