// A limit: Node's own HTTP server that parses the body and answers with a constant. It validates and routes nothing.
import http from "node:http";

const ANSWER = {
  success: true,
  message: "Sesión cerrada exitosamente",
  data: {
    logout: {
      sessionsClosed: 1,
      deviceIds: ["550e8400-e29b-41d4-a716-446655440000"],
      logoutType: "single_device",
      loggedOutAt: "2025-09-25T15:30:00.000Z",
    },
    user: { id: "64f8a123b456c789d012e345", email: "usuario@ejemplo.com", activeSessions: 2 },
  },
};

http
  .createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (chunks.length > 0) JSON.parse(Buffer.concat(chunks).toString());
      const text = JSON.stringify(ANSWER);
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
      response.end(text);
    });
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
