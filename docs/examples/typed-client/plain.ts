// Document 000: the constant "5", or 401 without a body.
import createClient from "openapi-fetch";
import type { paths } from "./types/plain.js";

export async function logOut(baseUrl: string, token: string, situation?: string): Promise<string> {
  const { data, response } = await createClient<paths>({ baseUrl }).POST("/logout", {
    params: { header: { Prefer: situation ? `example=${situation}` : undefined } },
    body: { user_id: "64f8a123b456c789d012e345", token },
  });
  return data ? `closed: ${data.message}` : `not closed: ${response.status}`;
}
