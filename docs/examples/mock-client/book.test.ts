import { describe, expect, inject, test } from "vitest";
import { book } from "./book.js";
import { MockClient } from "./client.js";
import "./received.js";

declare module "vitest" {
  interface ProvidedContext {
    url: string;
  }
}

const url = inject("url");

// Side by side: each test has a session of its own.
describe.concurrent("book", () => {
  test("sends what was chosen, once", async ({ task }) => {
    const mock = new MockClient(url, task.id);
    expect(await book(url, 2, mock.headers)).toBe("booked");
    await expect(mock).toHaveReceived("createBooking", { times: 1, body: { seats: 2 } });
    await expect(mock).not.toHaveReceived("createBooking", { body: { seats: 3 } });
  });

  test("says that the seats are taken, and asks no second time", async ({ task }) => {
    const mock = new MockClient(url, task.id);
    await mock.answers("createBooking", { status: 409, times: 1 });
    expect(await book(url, 5, mock.headers)).toBe("taken");
    expect((await mock.waitFor("createBooking")).status).toBe(409);
    await expect(mock).toHaveReceived("createBooking", { times: 1 });
    expect(await book(url, 5, mock.headers)).toBe("booked");
  });

  test("is told what was expected in vain", async ({ task }) => {
    const mock = new MockClient(url, task.id);
    const expected = expect(mock).toHaveReceived("createBooking", { times: 2 });
    await expect(expected).rejects.toThrow("createBooking was called 0 times, not 2 times");
    await expect(mock.answers("createBooking", { status: 418 })).rejects.toThrow("it has: 201, 409");
  });
});
