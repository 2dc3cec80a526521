"""The rows that queries return: one `TypedDict` for each query shape, with exactly the columns that the query selects.

A driver returns a type of its own (`sqlite3.Row`, `asyncpg.Record`): subscripts work on both, methods of a dict do not.
Times are milliseconds since the epoch, hashes are SHA-256 in hex. SQLite returns 0 and 1 where a column is a `bool`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from cierre.outcomes import LogoutReason, LogoutType
from cierre.principal import Role


class UserRow(TypedDict):
    """A user."""

    id: str
    email: str
    password_hash: str
    role: Role
    enabled: bool
    epoch: int
    tokenable_id: int


class ClientRow(TypedDict):
    """An OAuth client; without a `secret_hash` it is a public one."""

    id: str
    dialect: str | None
    secret_hash: str | None


class SessionKeyRow(TypedDict):
    """What identifies a session."""

    user_id: str
    id: str


class SessionTimesRow(SessionKeyRow):
    """A session, and what decides whether it has ended by itself."""

    last_seen_at: int
    expires_at: int


class SessionRow(SessionTimesRow):
    """A session.

    `closed_at` and `logout_reason` are None while it is open, `token_id` is None unless it has a Sanctum token.
    """

    device_id: str
    client_id: str
    created_at: int
    ip_address: str | None
    user_agent: str | None
    closed_at: int | None
    logout_reason: LogoutReason | None
    epoch: int
    token_id: int | None


class SessionWithUserRow(SessionRow):
    """A session with its user's columns."""

    email: str
    role: Role
    enabled: bool


class ClosedSessionRow(SessionKeyRow):
    """A session that a closing has just closed."""

    device_id: str
    created_at: int
    expires_at: int
    token_id: int | None


class ClosingRow(TypedDict):
    """The user of a closing beside one closed session; where nothing was closed, one row without a session."""

    email: str
    epoch: int
    active_sessions: int
    user_id: str | None
    id: str | None
    device_id: str | None
    created_at: int | None
    expires_at: int | None
    token_id: int | None


class RefreshTokenRow(TypedDict):
    """A refresh token; `exchanged_at` is None until it is rotated."""

    hash: str
    user_id: str
    session_id: str
    issued_at: int
    expires_at: int
    exchanged_at: int | None


class RefreshTokenKeyRow(TypedDict):
    """What identifies a refresh token."""

    hash: str


class RevocationRow(TypedDict):
    """A closed session, or, without a `session_id`, all sessions of the user with a smaller epoch."""

    seq: int
    transaction_id: int
    user_id: str
    session_id: str | None
    epoch: int | None
    expires_at: int


class HorizonRow(TypedDict):
    """From where to read revocations next time."""

    horizon: int


class AuditEventRow(TypedDict):
    """An audit event; `session_duration` in milliseconds."""

    seq: int
    timestamp: int
    event: str
    user_id: str
    session_id: str | None
    device_id: str | None
    logout_type: LogoutType | None
    sessions_closed: int
    reason: str | None
    ip_address: str | None
    user_agent: str | None
    session_duration: int | None
    success: bool
    trace_id: str


class SanctumTokenRow(TypedDict):
    """A row of Laravel's `personal_access_tokens`; SQLite returns `expires_at` as text."""

    id: int
    tokenable_type: str
    tokenable_id: int
    name: str
    token: str
    expires_at: datetime | str | None


class SanctumTokenKeyRow(TypedDict):
    """What identifies a Sanctum token."""

    id: int


class SanctumSessionRow(TypedDict):
    """Which session a Sanctum token has."""

    token_id: int
    token_hash: str
    expires_at: int | None
    user_id: str
    session_id: str


class IdempotencyRow(TypedDict):
    """The first request with an Idempotency-Key; `answer` is None while it is being processed."""

    fingerprint: str
    expires_at: int
    answer: str | None


class IdempotencyKeyRow(TypedDict):
    """What identifies an Idempotency-Key."""

    principal: str
    key: str


class CountRow(TypedDict):
    """A number of rows."""

    count: int


class LastTokenableRow(TypedDict):
    """The largest `tokenable_id` of all users; 0: there are none."""

    last: int


class SchemaVersionRow(TypedDict):
    """The newest migration that was applied."""

    version_num: str
