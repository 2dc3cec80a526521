// Elements, and requests to the mock's own routes.

/** An element; `on…` in its properties are listeners, `class` and `aria-…` attributes, the rest properties. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class" || name.includes("-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const get = (id) => document.getElementById(id);

/** Ask a route below /__mock/; the JSON that it answers, null where it has no body. Throws what it refuses. */
export async function ask(method, path, { query = {}, body, session } = {}) {
  const search = new URLSearchParams(query).toString();
  const headers = session ? { "Mock-Session": session } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`${path}${search ? `?${search}` : ""}`, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 204) return null;
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.detail);
  return value;
}

let clearing;
/** Tell something in passing, aloud to screen readers. */
export function say(text) {
  get("said").textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => { get("said").textContent = ""; }, 4000);
}

export function statusOf(status) {
  return make("span", { class: `status s${String(status)[0]}` }, String(status));
}

/** Send a request to the mock as a client does; status and text of the answer. */
export async function send(method, target, fields, body) {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  const bare = method === "GET" || method === "HEAD" || body === "";
  const answer = await fetch(target, { method, headers, body: bare ? undefined : body, redirect: "manual" });
  return { status: answer.status, text: await answer.text() };
}

/** A body to be read: JSON with indentation. */
export function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
