// better-auth on PostgreSQL, as its documentation sets it up for Node. `node better_auth.mjs migrate` makes the tables.
import cluster from "node:cluster";
import { createHash } from "node:crypto";
import http from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { admin } from "better-auth/plugins";
import pg from "pg";

const { CHEAP_HASH, DATABASE_URL, PORT, SECRET, WORKERS = "1" } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 16 });

// What a login costs without its hash, which is scrypt otherwise.
const digest = (password) => createHash("sha256").update(password).digest("hex");
const cheap = {
  hash: async (password) => digest(password),
  verify: async ({ hash, password }) => hash === digest(password),
};

const options = {
  database: pool,
  secret: SECRET,
  baseURL: "http://127.0.0.1",
  emailAndPassword: { enabled: true, ...(CHEAP_HASH && { password: cheap }) },
  plugins: [admin()],
  rateLimit: { enabled: false }, // as with all who are measured
  telemetry: { enabled: false },
  databaseHooks: {
    session: {
      delete: {
        after: (session) =>
          pool.query("INSERT INTO peer_audit (event, user_id, session_id) VALUES ('user_logout', $1, $2)", [
            session.userId,
            session.id,
          ]),
      },
    },
  },
};

if (process.argv[2] === "migrate") {
  await (await getMigrations(options)).runMigrations();
  await pool.query(
    "CREATE TABLE peer_audit (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), " +
      "event text NOT NULL, user_id text NOT NULL, session_id text NOT NULL)",
  );
  await pool.end();
} else if (cluster.isPrimary && Number(WORKERS) > 1) {
  for (let n = 0; n < Number(WORKERS); n += 1) cluster.fork();
} else {
  http.createServer(toNodeHandler(betterAuth(options))).listen(Number(PORT), "127.0.0.1");
}
