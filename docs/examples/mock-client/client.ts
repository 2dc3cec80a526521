// A client of a running mock. Its types are those of the mock's own document: `npm run types`.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./types.js";

export type Answer = components["schemas"]["Answer"];
export type Expected = Omit<components["schemas"]["Expected"], "operation">;

export class MockClient {
  /** What requests carry that are this session's. */
  readonly headers: Record<string, string>;
  readonly #api: Client<paths>;

  /** With a session its answers, requests and state are meant, and no other test's; without one everybody's. */
  constructor(readonly url: string, session?: string) {
    this.headers = session === undefined ? {} : { "Mock-Session": session };
    this.#api = createClient<paths>({ baseUrl: url, headers: this.headers });
  }

  /** Answer so, one after the other, each so many times as its `times` says. */
  async answers(operation: string, ...answers: Answer[]) {
    return done(await this.#api.PUT("/__mock/answers", { params: { query: { operation } }, body: { answers } }));
  }

  /** The newest request for an operation, as soon as there is one; undefined after so many seconds. */
  async waitFor(operation: string, wait = 10) {
    const query = { operation, wait, limit: 1 };
    return done(await this.#api.GET("/__mock/calls", { params: { query } })).calls[0];
  }

  /** Whether an operation was called as expected, and a sentence that says so. */
  async verify(operation: string, expected: Expected = {}) {
    return done(await this.#api.POST("/__mock/verify", { body: { operation, ...expected } }));
  }

  /** Let a mock with `--stateful` begin anew. */
  async reset() {
    const { error } = await this.#api.POST("/__mock/reset");
    if (error) throw new Error(error.detail);
  }
}

function done<T>({ data, error }: { data?: T; error?: { detail: string } }): T {
  if (data === undefined) throw new Error(error?.detail ?? "the mock does not answer");
  return data;
}
