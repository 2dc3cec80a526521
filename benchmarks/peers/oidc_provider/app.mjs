// oidc-provider with an adapter on PostgreSQL: one statement a call, the audit row in the statement that closes.
import cluster from "node:cluster";
import pg from "pg";
import { Provider } from "oidc-provider";

const { DATABASE_URL, PORT, PREPARED, WORKERS = "1" } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 16 });

// node-postgres's documentation passes text and values. With a name as well, PostgreSQL parses and plans each statement
// once a connection: that is measured beside it.
const query = PREPARED
  ? (name, text, values) => pool.query({ name, text, values })
  : (_, text, values) => pool.query(text, values);

class PostgresAdapter {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload, expiresIn) {
    await query(
      "upsert",
      "INSERT INTO oidc (model, id, payload, grant_id, expires_at) " +
        "VALUES ($1, $2, $3, $4, now() + $5 * interval '1 second') " +
        "ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at",
      [this.model, id, payload, payload.grantId, expiresIn ?? 3600],
    );
  }

  async find(id) {
    const { rows } = await query(
      "find",
      "SELECT payload FROM oidc WHERE model = $1 AND id = $2 AND expires_at > now()",
      [this.model, id],
    );
    return rows[0]?.payload;
  }

  async destroy(id) {
    await query(
      "destroy",
      "WITH gone AS (DELETE FROM oidc WHERE model = $1 AND id = $2 RETURNING payload) " +
        "INSERT INTO peer_audit (event, user_id, grant_id) " +
        "SELECT 'user_logout', payload->>'accountId', coalesce(payload->>'grantId', $2) FROM gone", // or a grant itself
      [this.model, id],
    );
  }

  async revokeByGrantId(grantId) {
    await query("revoke", "DELETE FROM oidc WHERE model = $1 AND grant_id = $2", [this.model, grantId]);
  }

  async consume(id) {
    await query(
      "consume",
      "UPDATE oidc SET payload = jsonb_set(payload, '{consumed}', to_jsonb(extract(epoch FROM now())::int)) " +
        "WHERE model = $1 AND id = $2",
      [this.model, id],
    );
  }
}

const configuration = {
  adapter: PostgresAdapter,
  clients: [
    {
      client_id: "bench",
      token_endpoint_auth_method: "none",
      redirect_uris: ["https://client.example/callback"],
      response_types: ["code"],
      grant_types: ["authorization_code", "refresh_token"],
    },
  ],
  cookies: { keys: ["only-for-the-benchmark"] },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
};

if (cluster.isPrimary && Number(WORKERS) > 1) {
  for (let n = 0; n < Number(WORKERS); n += 1) cluster.fork();
} else {
  new Provider(`http://127.0.0.1:${PORT}`, configuration).listen(Number(PORT), "127.0.0.1");
}
