"""The event line of a closing: the same record as its audit rows, in one line that lists all its sessions."""

from __future__ import annotations

import structlog

from cierre.acts import Act
from cierre.storage.repositories.closings import Closed, Why

_log = structlog.get_logger("cierre.events")


def announce(act: Act, user_id: str, closed: Closed, why: Why) -> None:
    """Log what was closed. Called when it is committed."""
    if not closed.rows:
        return
    _log.info(
        why.logout_reason,
        user_id=user_id,
        session_ids=[row["id"] for row in closed.rows],
        device_ids=list(dict.fromkeys(row["device_id"] for row in closed.rows)),
        logout_type=why.logout_type,
        sessions_closed=len(closed.rows),
        reason=why.reason,
        ip_address=act.caller.ip_address,
        user_agent=act.caller.user_agent,
        trace_id=act.caller.trace_id,
    )
