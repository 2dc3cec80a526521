"""Demo data: the users and clients that the documents' examples need."""

from __future__ import annotations

from cierre.domain import passwords
from cierre.storage.database import Database
from cierre.storage.repositories import clients, sanctum, users
from cierre.tokens.opaque import digest

PASSWORD = "cierre-demo"
USERS = (
    ("64f8a123b456c789d012e345", "usuario@ejemplo.com", "EMPLEADO"),
    ("64f8a123b456c789d012e346", "supervisor@ejemplo.com", "SUPERVISOR"),
    ("64f8a123b456c789d012e347", "admin@ejemplo.com", "ADMIN"),
)
CLIENTS = (
    ("demo-session", "session", None),
    ("demo-envelope", "envelope", None),
    ("demo-respuesta", "respuesta", None),
    ("demo-resource", None, digest(PASSWORD)),
)
# Document 002's own example: `Bearer 1|abcdef1234567890`.
SANCTUM_SECRET = "abcdef1234567890"


async def fill(database: Database, *, tokenable_type: str) -> None:
    """Add what is missing; what is there is left as it is."""
    async with database.connect() as tx:
        password_hash = passwords.hash_now(PASSWORD)
        for user_id, email, role in USERS:
            if await users.by_id(tx, user_id) is None:
                await users.add(
                    tx, user_id=user_id, email=email, password_hash=password_hash, role=role, tokenable_id=None
                )
        for client_id, dialect, secret_hash in CLIENTS:
            await clients.save(tx, client_id=client_id, dialect=dialect, secret_hash=secret_hash)
        # As Laravel would have left it: the first token of its table, with no session of ours yet.
        if await sanctum.find(tx, 1) is None and await sanctum.session_of(tx, 1) is None:
            owner = await users.by_id(tx, USERS[0][0])
            assert owner is not None
            await sanctum.add(
                tx,
                tokenable_type=tokenable_type,
                tokenable_id=owner["tokenable_id"],
                name="documento-002",
                token_hash=digest(SANCTUM_SECRET),
                expires_at=None,
            )


def what_to_try(base: str) -> str:
    """Commands to paste, from login to the second logout."""
    return f"""
Cierre listens on {base}   docs: {base}/ui   users: usuario@, supervisor@, admin@ejemplo.com   password: {PASSWORD}

  TOKEN=$(curl -s {base}/api/v1/auth/login -H 'Content-Type: application/json' \\
    -d '{{"username":"usuario@ejemplo.com","password":"{PASSWORD}"}}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
  curl -i -X POST {base}/api/v1/auth/logout -H "Authorization: Bearer $TOKEN"
  curl -i -X POST {base}/api/v1/auth/logout -H "Authorization: Bearer $TOKEN"     # a second logout
  curl -i -X POST {base}/api/v1/auth/logout -H 'Host: api.ejemplo.com' -H 'Authorization: Bearer 1|{SANCTUM_SECRET}'
"""
