import { defineConfig } from "vitest/config";

export default defineConfig({ test: { globalSetup: "./mock.js", testTimeout: 30_000 } });
