// Document 003: 200 with what was closed; errors have a code.
import createClient from "openapi-fetch";
import type { paths } from "./types/session.js";

export async function logOut(baseUrl: string, token: string, situation?: string): Promise<string> {
  const { data, error } = await createClient<paths>({ baseUrl }).POST("/api/v1/auth/logout", {
    params: { header: { Prefer: situation ? `example=${situation}` : undefined } },
    headers: { Authorization: `Bearer ${token}` },
    body: { logoutAll: true },
  });
  if (data) return `closed ${data.data.logout.sessionsClosed}, ${data.data.user.activeSessions} still open`;
  if (error?.code === "SESSION_NOT_FOUND") return `closed already at ${error.details.closedAt}`;
  return `not closed: ${error?.code}`;
}
