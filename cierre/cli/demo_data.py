"""Demo data: the users and clients that the documents' examples need."""

from __future__ import annotations

from gettext import gettext as _
from typing import Any

from cierre.domain import password_rules
from cierre.domain.passwords import Passwords
from cierre.storage.database import Database
from cierre.storage.repositories import clients, sanctum, users
from cierre.tokens.opaque import digest

# As the documentation shows it. `fill` stores its hash without asking `password_rules`: this is the one way past them.
PASSWORD = "cierre-demo"
# Of `Settings`, unless the options say otherwise: the demo's own password has 11 characters, and may be set again; as
# everybody knows it, its hash need not be expensive.
PASSWORD_SETTINGS: dict[str, Any] = {
    "password_min_length": password_rules.SHORTEST,
    "password_memory": 8,
    "password_passes": 1,
}
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
# `Bearer 2|limited1234567890`: of the administrator, and of no use here, whatever the administrator may do.
LIMITED_SECRET = "limited1234567890"
LIMITED_ABILITIES = '["notes:read"]'
# Owner, name, secret and abilities of the first tokens of Laravel's table.
SANCTUM_TOKENS = (
    (USERS[0][0], "documento-002", SANCTUM_SECRET, '["*"]'),
    (USERS[2][0], "notas", LIMITED_SECRET, LIMITED_ABILITIES),
)


async def fill(database: Database, passwords: Passwords, *, tokenable_type: str) -> None:
    """Add what is missing; what is there is left as it is, and a token that was deleted stays deleted."""
    password_hash = passwords.hash_now(PASSWORD)
    async with database.connect() as tx, tx.atomic():
        added = set()
        for user_id, email, role in USERS:
            if await users.by_id(tx, user_id) is None:
                await users.add(
                    tx, user_id=user_id, email=email, password_hash=password_hash, role=role, tokenable_id=None
                )
                added.add(user_id)
        for client_id, dialect, secret_hash in CLIENTS:
            await clients.save(tx, client_id=client_id, dialect=dialect, secret_hash=secret_hash)
        # As Laravel would have left it: the first tokens of its table, with no session of ours yet.
        for user_id, name, secret, abilities in SANCTUM_TOKENS:
            if user_id in added:
                owner = await users.by_id(tx, user_id)
                assert owner is not None
                await sanctum.add(
                    tx,
                    tokenable_type=tokenable_type,
                    tokenable_id=owner["tokenable_id"],
                    name=name,
                    token_hash=digest(secret),
                    expires_at=None,
                    abilities=abilities,
                )


def what_to_try(base: str) -> str:
    """Commands to paste, from login to the second logout."""
    first = _(
        "Cierre listens on {base}   docs: {base}/ui   users: usuario@, supervisor@, admin@ejemplo.com"
        "   password: {password}"
    )
    again = _("a second logout")
    return f"""
{first.format(base=base, password=PASSWORD)}

  TOKEN=$(curl -s {base}/api/v1/auth/login -H 'Content-Type: application/json' \\
    -d '{{"username":"usuario@ejemplo.com","password":"{PASSWORD}"}}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
  curl -i -X POST {base}/api/v1/auth/logout -H "Authorization: Bearer $TOKEN"
  curl -i -X POST {base}/api/v1/auth/logout -H "Authorization: Bearer $TOKEN"     # {again}
  curl -i -X POST {base}/api/v1/auth/logout -H 'Host: api.ejemplo.com' -H 'Authorization: Bearer 1|{SANCTUM_SECRET}'
"""
