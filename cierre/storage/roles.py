"""Three roles for PostgreSQL: who changes the schema, who answers requests, and who only reads the audit trail.

The service's role adds rows to the audit trail and its hash chain, and can change and delete none of them, nor anything
of the schema: who breaks into the service can't rewrite what was done there.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cierre.storage.tables import audit_events, audit_links, metadata, personal_access_tokens, revocations

APPEND_ONLY = frozenset({audit_events.name, audit_links.name})
# For `cierre audit verify` and `list`, and for a verifier that follows the revocations.
READABLE = (*sorted(APPEND_ONLY), revocations.name, "alembic_version")
_NAME = re.compile(r"^[a-z_][a-z0-9_]{0,62}$")


class Roles(NamedTuple):
    """The names of the roles.

    Attributes:
        migrator: owns the tables; migrates, prunes and erases.
        service: what `cierre serve` and the other commands connect as.
        reader: reads the audit trail and the revocations, and nothing else.
    """

    migrator: str = "cierre_migrator"
    service: str = "cierre_service"
    reader: str = "cierre_reader"


def role_name(text: str) -> str:
    """Read a role's name that needs no quotes.

    Raises:
        ValueError: it is none.
    """
    if not _NAME.match(text):
        raise ValueError(f"{text!r} is no name for a role: a-z, 0-9 and _, 63 characters at most, no digit first")
    return text


def roles_sql(roles: Roles) -> str:
    """SQL that makes the roles and gives them their rights, for a superuser in the database of the service.

    It may run again: before the first migration it prepares the roles, after each it gives them what is new.

    Raises:
        ValueError: a name needs quotes.
    """
    roles = Roles(*map(role_name, roles))
    return "\n\n".join(
        [
            "-- By a superuser, in the database of the service: before the first migration, and again after each.",
            *(_role(name) for name in roles),
            _schema(roles),
            _owner(roles),
            _defaults(roles),
            _grants(roles),
        ]
    )


def _role(name: str) -> str:
    return (
        f"DO $$ BEGIN\n  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN\n"
        f"    CREATE ROLE {name} LOGIN;\n  END IF;\nEND $$;"
    )


def _schema(roles: Roles) -> str:
    return f"""REVOKE CREATE ON SCHEMA public FROM PUBLIC, {roles.service}, {roles.reader};
GRANT USAGE, CREATE ON SCHEMA public TO {roles.migrator};
GRANT USAGE ON SCHEMA public TO {roles.service}, {roles.reader};
DO $$ BEGIN
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO {roles.migrator}, {roles.service}, {roles.reader}',
    current_database());
END $$;"""


def _owner(roles: Roles) -> str:
    """Tables of a database that another role has migrated; Laravel's own table stays Laravel's."""
    ours = "|".join(sorted({*metadata.tables, "alembic_version"} - {personal_access_tokens.name}))
    return f"""DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner <> '{roles.migrator}'
    AND tablename ~ '^({ours}|sessions_[0-9]+)$'
  LOOP
    EXECUTE format('ALTER TABLE public.%I OWNER TO {roles.migrator}', name);
  END LOOP;
END $$;"""  # noqa: S608 - role_name has read the names


def _defaults(roles: Roles) -> str:
    return f"""ALTER DEFAULT PRIVILEGES FOR ROLE {roles.migrator} IN SCHEMA public
  GRANT SELECT, INSERT ON TABLES TO {roles.service};
ALTER DEFAULT PRIVILEGES FOR ROLE {roles.migrator} IN SCHEMA public
  GRANT USAGE ON SEQUENCES TO {roles.service};"""


def _grants(roles: Roles) -> str:
    """On tables that are there already."""
    written = "|".join(sorted(metadata.tables.keys() - APPEND_ONLY))
    return f"""DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    IF name ~ '^({written})$' THEN
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO {roles.service}', name);
    END IF;
    IF name ~ '^({"|".join(sorted(APPEND_ONLY))})$' THEN
      EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, {roles.service}', name);
      EXECUTE format('GRANT SELECT, INSERT ON public.%I TO {roles.service}', name);
    END IF;
    IF name = 'alembic_version' THEN
      EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, {roles.service}', name);
      EXECUTE format('GRANT SELECT ON public.%I TO {roles.service}', name);
    END IF;
    IF name ~ '^({"|".join(READABLE)})$' THEN
      EXECUTE format('GRANT SELECT ON public.%I TO {roles.reader}', name);
    END IF;
  END LOOP;
END $$;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {roles.service};"""  # noqa: S608 - the same
