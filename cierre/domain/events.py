"""Events for the message queue beside closings, whose events `closings` writes: openings, refusals and replays.

Nothing is written where there is no message queue.
"""

from __future__ import annotations

from cierre.domain.context import OperationContext
from cierre.principal import SYSTEM, Actor, Caller
from cierre.storage.repositories import outbox
from cierre.storage.rows import RefreshTokenRow
from cierre.storage.statements import Tx


async def session_opened(
    context: OperationContext, *, user_id: str, session_id: str, device_id: str, client_id: str, how: str
) -> None:
    """A session was opened in this transaction.

    Args:
        how: `password` or `sanctum_token`.
    """
    await outbox.add(
        context.tx,
        "session.opened",
        context.caller.acting_as(Actor("user", user_id)),
        event="login",
        user_id=user_id,
        session_id=session_id,
        device_id=device_id,
        client_id=client_id,
        reason=how,
    )


async def refresh_reused(context: OperationContext, token: RefreshTokenRow) -> None:
    """A refresh token came back after it had been exchanged, and its session was closed for it in this transaction."""
    await outbox.add(
        context.tx,
        "refresh.reused",
        context.caller.acting_as(SYSTEM),
        event="refresh_reuse",
        user_id=token["user_id"],
        session_id=token["session_id"],
    )


async def everyone_closed(context: OperationContext, reason: str) -> None:
    """The sessions of all users were closed in this transaction; an event for each of them follows, row by row."""
    await outbox.add(context.tx, "everyone.closed", context.caller, event="everyone_logout", reason=reason)


async def access_refused(
    tx: Tx, caller: Caller, *, event: str, user_id: str | None, operation: str, attempts: int
) -> None:
    """Logins, authentications of clients or requests were refused.

    Args:
        event: as `Refusal` has it.
        operation: the operationId.
        attempts: how many of one kind, user and address.
    """
    await outbox.add(tx, "access.refused", caller, event=event, user_id=user_id, reason=operation, attempts=attempts)
