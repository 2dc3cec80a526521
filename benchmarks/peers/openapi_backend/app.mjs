// openapi-backend as a mock, as its documentation shows: validation on, every operation answered from the document.
import http from "node:http";
import { OpenAPIBackend } from "openapi-backend";

const { DOCUMENT, PORT } = process.env;

const send = (response, status, body) => {
  const text = JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
};

const api = new OpenAPIBackend({
  definition: DOCUMENT,
  quick: true,
  handlers: {
    notImplemented: (c, _, response) => {
      const { status, mock } = c.api.mockResponseForOperation(c.operation.operationId);
      send(response, status, mock);
    },
    validationFail: (c, _, response) => send(response, 400, { errors: c.validation.errors }),
    unauthorizedHandler: (_c, _, response) => send(response, 401, {}),
    notFound: (_c, _, response) => send(response, 404, {}),
    methodNotAllowed: (_c, _, response) => send(response, 405, {}),
  },
});
api.registerSecurityHandler("bearerAuth", (c) => /^Bearer \S+$/.test(c.request.headers.authorization ?? ""));
await api.init();

http
  .createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const [path, query] = request.url.split("?");
      const body = Buffer.concat(chunks).toString();
      api.handleRequest({ method: request.method, path, query, body, headers: request.headers }, request, response);
    });
  })
  .listen(Number(PORT), "127.0.0.1");
