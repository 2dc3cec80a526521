// Document 002: always {error, respuesta, resultado}; 0 is success.
import createClient from "openapi-fetch";
import type { paths } from "./types/respuesta.js";

export async function logOut(baseUrl: string, token: string, situation?: string): Promise<string> {
  const { data, error } = await createClient<paths>({ baseUrl }).POST("/api/v1/auth/logout", {
    params: { header: { Prefer: situation ? `example=${situation}` : undefined } },
    headers: { Authorization: `Bearer ${token}` },
  });
  if (data) return `${data.error}: ${data.respuesta}`;
  return `${error?.error}: ${error?.respuesta}`;
}
