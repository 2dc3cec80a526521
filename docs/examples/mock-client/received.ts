// `await expect(mock).toHaveReceived("createBooking", { times: 1, body: { seats: 2 } })`
import { expect } from "vitest";
import type { Expected, MockClient } from "./client.js";

expect.extend({
  async toHaveReceived(mock: MockClient, operation: string, expected?: Expected) {
    const { verified, message } = await mock.verify(operation, expected);
    return { pass: verified, message: () => message };
  },
});

declare module "vitest" {
  interface Matchers<T = any> {
    toHaveReceived(operation: string, expected?: Expected): Promise<void>;
  }
}
