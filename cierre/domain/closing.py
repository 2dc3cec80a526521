"""What happens once a closing is committed: the nodes are told, and an event line has the same record as its audit
rows, in one line that lists all its sessions.
"""

from __future__ import annotations

from functools import partial

import structlog

from cierre.domain.context import Act
from cierre.storage.repositories.closings import Closed, Why

_log = structlog.get_logger("cierre.domain.closing")


def announce(act: Act, user_id: str, closed: Closed, why: Why) -> None:
    """Once it is committed, log what was closed and tell the nodes."""
    if closed.rows:
        act.tx.after_commit(partial(_announce, act, user_id, closed, why))


def _announce(act: Act, user_id: str, closed: Closed, why: Why) -> None:
    if closed.epoch is not None:
        act.announcer.user_closed(user_id, closed.epoch, act.denied_until)
    else:
        act.announcer.sessions_closed([row["id"] for row in closed.rows], act.denied_until)
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
