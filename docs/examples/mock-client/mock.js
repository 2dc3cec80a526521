// Starts `cierre mock` once for all test files, on a free port, and ends it with them.
import { spawn } from "node:child_process";

export default async function setup(project) {
  const options = ["--stateful", "--port", "0", "--no-watch"];
  const mock = spawn(process.env.CIERRE ?? "cierre", ["mock", "bookings.yaml", ...options], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const url = await new Promise((resolve, reject) => {
    let told = "";
    mock.stderr.setEncoding("utf8");
    mock.stderr.on("data", (text) => {
      told += text;
      const found = told.match(/at (http:\S+)/);
      if (found) resolve(found[1]);
    });
    mock.on("error", reject);
    mock.on("exit", () => reject(new Error(told)));
  });
  project.provide("url", url);
  return () => mock.kill();
}
