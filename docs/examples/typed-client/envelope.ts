// Document 001: 204 without a body; errors come in an envelope.
import createClient from "openapi-fetch";
import type { paths } from "./types/envelope.js";

export async function logOut(baseUrl: string, token: string, situation?: string): Promise<string> {
  const { error, response } = await createClient<paths>({ baseUrl }).POST("/api/v1/auth/logout", {
    params: { header: { Prefer: situation ? `example=${situation}` : undefined } },
    headers: { Authorization: `Bearer ${token}` },
  });
  if (response.status === 204) return "closed";
  return `not closed: ${error?.code}, trace ${error?.trace_id}`;
}
