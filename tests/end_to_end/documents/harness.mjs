// Runs a document's JavaScript in Node as its page would: a base URL, localStorage, window and alert.
// node harness.mjs BASE_URL HOST FILE CALL — prints what happened as JSON. CALL "" runs the file as a module's body.
import { readFileSync } from 'node:fs';
import http from 'node:http';

const [base, host, file, call] = process.argv.slice(2);
const { token, stored } = JSON.parse(readFileSync(0, 'utf8'));
const happened = { location: null, alerts: [], errors: [] };

const items = new Map(Object.entries(stored));
globalThis.localStorage = {
  getItem: (name) => items.get(name) ?? null,
  removeItem: (name) => items.delete(name),
  clear: () => items.clear(),
};
globalThis.window = { location: { set href(path) { happened.location = path; } } };
globalThis.alert = (text) => happened.alerts.push(text);
console.error = (...words) => happened.errors.push(words.join(' '));

// Node's fetch refuses to send another Host: ask by node:http, and answer with fetch's own Response.
globalThis.fetch = (path, { method, headers, body }) => new Promise((resolve, reject) => {
  const request = http.request(new URL(path, base), { method, headers: { ...headers, Host: host } }, (answer) => {
    const chunks = [];
    answer.on('data', (chunk) => chunks.push(chunk));
    answer.on('end', () => resolve(new Response(chunks.length ? Buffer.concat(chunks) : null, { status: answer.statusCode })));
  });
  request.on('error', reject);
  request.end(body);
});

const AsyncFunction = (async () => {}).constructor;
const code = readFileSync(file, 'utf8') + (call ? `\nawait ${call};` : '');
await new AsyncFunction('token', code)(token);
process.stdout.write(JSON.stringify({ ...happened, stored: [...items.keys()] }));
