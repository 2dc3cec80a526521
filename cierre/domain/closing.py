"""What happens once a closing is committed: the nodes are told, and an event line has the same record as its audit
rows, in one line that lists all its sessions.
"""

from __future__ import annotations

from functools import partial

import structlog

from cierre.domain.context import OperationContext
from cierre.storage.repositories.closings import Closed, ClosingReason

_log = structlog.get_logger("cierre.domain.closing")


def announce(context: OperationContext, user_id: str, closed: Closed, why: ClosingReason) -> None:
    """Once it is committed, log what was closed and tell the nodes."""
    if closed.rows:
        context.tx.after_commit(partial(_announce, context, user_id, closed, why))


def _announce(context: OperationContext, user_id: str, closed: Closed, why: ClosingReason) -> None:
    if closed.epoch is not None:
        context.announcer.user_closed(user_id, closed.epoch, context.denied_until)
    else:
        context.announcer.sessions_closed([row["id"] for row in closed.rows], context.denied_until)
    _log.info(
        why.logout_reason,
        user_id=user_id,
        session_ids=[row["id"] for row in closed.rows],
        device_ids=list(dict.fromkeys(row["device_id"] for row in closed.rows)),
        logout_type=why.logout_type,
        sessions_closed=len(closed.rows),
        reason=why.reason,
        ip_address=context.caller.ip_address,
        user_agent=context.caller.user_agent,
        trace_id=context.caller.trace_id,
    )
