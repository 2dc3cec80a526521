// Document 004: 200 without a body; errors are an ErrorResponseDTO.
import createClient from "openapi-fetch";
import type { paths } from "./types/dto.js";

export async function logOut(baseUrl: string, refreshToken: string, situation?: string): Promise<string> {
  const { error, response } = await createClient<paths>({ baseUrl }).POST("/api/auth/logout", {
    params: { header: { Prefer: situation ? `example=${situation}` : undefined } },
    body: { refreshToken },
  });
  if (response.ok) return "closed";
  return `${error?.status} ${error?.error}: ${error?.message}`;
}
