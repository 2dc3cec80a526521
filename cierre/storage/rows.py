"""The rows that queries return: one `TypedDict` for each query shape, with exactly the columns that the query selects.

A driver returns a type of its own (`sqlite3.Row`, `asyncpg.Record`): subscripts work on both, methods of a dict do not.
Times are milliseconds since the epoch, hashes are SHA-256 in hex. SQLite returns 0 and 1 where a column is a `bool`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from cierre.outcomes import LogoutReason, LogoutType, ReceiverKind
from cierre.principal import ActorType, Role


class UserRow(TypedDict):
    """A user."""

    id: str
    email: str
    password_hash: str
    role: Role
    enabled: bool
    epoch: int
    tokenable_id: int


class ClientSecretsRow(TypedDict):
    """By what a client proves itself; without a `secret_hash` it is a public one.

    While it changes its secret, the one before is good until `previous_secret_until`.
    """

    secret_hash: str | None
    previous_secret_hash: str | None
    previous_secret_until: int | None


class ClientRow(ClientSecretsRow):
    """An OAuth client."""

    id: str
    dialect: str | None
    secret_made_at: int | None


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
    """A session with its user's columns; `client_is_confidential`: its client has a secret."""

    email: str
    role: Role
    enabled: bool
    client_is_confidential: bool


class SessionForClientRow(SessionRow, ClientSecretsRow):
    """A session, and the secrets of the client that asks about it, whosever session it is."""


class ClosedSessionRow(SessionKeyRow):
    """A session that a closing has just closed."""

    device_id: str
    created_at: int
    expires_at: int
    token_id: int | None
    client_id: str


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
    client_id: str | None


class RefreshTokenRow(TypedDict):
    """A refresh token; `exchanged_at` is None until it is rotated, `family` for one of before families."""

    hash: str
    user_id: str
    session_id: str
    issued_at: int
    expires_at: int
    exchanged_at: int | None
    family: str | None


class RefreshSessionRow(SessionWithUserRow):
    """A session with the one of its refresh tokens that was asked for; its columns as those of `RefreshTokenRow`."""

    refresh_hash: str
    refresh_issued_at: int
    refresh_expires_at: int
    refresh_exchanged_at: int | None
    refresh_family: str | None


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
    revoked_at: int | None


class HorizonRow(TypedDict):
    """From where to read revocations next time, and the server's time in milliseconds; None: SQLite has none."""

    horizon: int
    now: int | None


class AuditEventRow(TypedDict):
    """An audit event; `session_duration` in milliseconds.

    `actor_type` is None in rows that are older than actors; `logout_type` is None where no session was concerned.
    """

    seq: int
    timestamp: int
    event: str
    user_id: str | None
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
    actor_type: ActorType | None
    actor_id: str | None
    subject: str | None
    attempts: int | None


class AuditLinkRow(TypedDict):
    """A link of the hash chain over the audit events; times in milliseconds."""

    position: int
    seq: int
    form: int
    sealed_at: int
    settled_before: int | None
    personal: str
    salt: str | None
    hash: str


class EventOfLinkRow(AuditEventRow):
    """An audit event with the position of its link; None: it is not sealed yet."""

    position: int | None


class EveryoneRow(TypedDict):
    """The last closing of everyone's sessions."""

    id: int
    epoch: int
    closed_at: int
    finished: bool
    reason: str
    trace_id: str
    actor_type: ActorType
    actor_id: str | None


class SeqRow(TypedDict):
    """The number of an audit event."""

    seq: int


class GapRow(TypedDict):
    """Numbers without an audit event, from the first to the last."""

    first: int
    last: int


class SubjectRow(TypedDict):
    """What audit events acted upon."""

    subject: str | None


class UserIdRow(TypedDict):
    """Whom audit events concern."""

    user_id: str | None


class SanctumTokenRow(TypedDict):
    """A row of Laravel's `personal_access_tokens`; SQLite returns its times as text."""

    id: int
    tokenable_type: str
    tokenable_id: int
    name: str
    token: str
    abilities: str | None
    created_at: datetime | str | None
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


class OutboxRow(TypedDict):
    """An event that is still to be sent.

    `event`, `reason` and the rest are as the audit trail has them. `traceparent` is None where there are no traces.
    """

    seq: int
    id: str
    type: str
    time: int
    event: str
    user_id: str | None
    session_id: str | None
    device_id: str | None
    client_id: str | None
    logout_type: LogoutType | None
    sessions_closed: int | None
    reason: str | None
    session_duration: int | None
    attempts: int | None
    trace_id: str
    actor_type: ActorType
    actor_id: str | None
    traceparent: str | None


class OutboxDepthRow(TypedDict):
    """How many events wait, and the time of the oldest; None: none waits."""

    count: int
    oldest: int | None


class ReceiverRow(TypedDict):
    """Who gets a signal when a session is closed; the `id` of kind `backchannel` is a client's."""

    kind: ReceiverKind
    id: str
    url: str
    allow_private: bool


class DeliveryRow(TypedDict):
    """A signal that its receiver has not taken yet."""

    seq: int
    kind: ReceiverKind
    receiver: str
    event_id: str
    user_id: str
    session_id: str
    time: int
    event: LogoutReason
    reason: str | None
    created_at: int
    attempts: int
    next_at: int
    parked: bool
    last_error: str | None
    traceparent: str | None


class LeaseRow(TypedDict):
    """When a lease expires."""

    until: int


class IdempotencyRow(TypedDict):
    """The first request with an Idempotency-Key; `answer` is None while it is being processed.

    `outcome` is None where an older node wrote the row, and where the outcome cannot be rendered again.
    """

    fingerprint: str
    expires_at: int
    answer: str | None
    outcome: str | None


class IdempotencyKeyRow(TypedDict):
    """What identifies an Idempotency-Key."""

    user_id: str
    principal: str
    key: str


class ClosingsRow(TypedDict):
    """How many sessions of one type, reason, hour of the day and class of length were closed."""

    logout_type: LogoutType | None
    reason: str | None
    hour: int
    length: int
    count: int


class SuspicionRow(TypedDict):
    """What a user or an address did often, on all nodes together."""

    kind: str
    counted_by: str
    subject: str
    count: int
    first_at: int
    last_at: int


class CountRow(TypedDict):
    """A number of rows."""

    count: int


class LastTokenableRow(TypedDict):
    """The largest `tokenable_id` of all users; 0: there are none."""

    last: int


class SchemaVersionRow(TypedDict):
    """The newest migration that was applied."""

    version_num: str
