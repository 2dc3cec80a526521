// What the compiler refuses: each line below would be a mistake that only production shows.
import createClient from "openapi-fetch";
import type { paths as Envelope } from "./types/envelope.js";
import type { paths as Session } from "./types/session.js";

const session = createClient<Session>({ baseUrl: "" });
const envelope = createClient<Envelope>({ baseUrl: "" });

// @ts-expect-error there is no such path
await session.POST("/api/v1/auth/log-out", {});
// @ts-expect-error logoutAll is a boolean
await session.POST("/api/v1/auth/logout", { body: { logoutAll: "yes" } });
// @ts-expect-error a login wants a password
await session.POST("/api/v1/auth/login", { body: { username: "usuario@ejemplo.com" } });

const { data, error } = await envelope.POST("/api/v1/auth/logout");
// @ts-expect-error 204 has no body
data?.data.logout;
// @ts-expect-error the envelope calls it trace_id
error?.traceId;
