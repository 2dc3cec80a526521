"""Events as CloudEvents 1.0 in JSON (structured mode); openapi/events/asyncapi.yaml describes each."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cierre.clock import rfc3339
from cierre.storage.rows import OutboxRow

MEDIA_TYPE = "application/cloudevents+json"
# What `data` has, in its order: the name there, and the column. What an event does not have is left out.
_DATA = {
    "event": "event",
    "userId": "user_id",
    "sessionId": "session_id",
    "deviceId": "device_id",
    "clientId": "client_id",
    "logoutType": "logout_type",
    "sessionsClosed": "sessions_closed",
    "reason": "reason",
    "sessionDuration": "session_duration",
    "attempts": "attempts",
    "traceId": "trace_id",
}


class Event(NamedTuple):
    """An event, ready to be sent.

    Attributes:
        seq: its number in the outbox.
        id: by which a consumer drops repeats.
        type: as CloudEvents has it: `cierre.session.closed`.
        user_id: whose order is kept; None: of no user, and all of these are kept in order together.
        body: the CloudEvent in JSON.
    """

    seq: int
    id: str
    type: str
    user_id: str | None
    body: bytes


def event(row: OutboxRow, *, source: str) -> Event:
    """The event of a row.

    Args:
        source: the service's issuer: together with `id` it names the event for good.
    """
    data: dict[str, Any] = {name: row[column] for name, column in _DATA.items() if row[column] is not None}  # type: ignore[literal-required]
    data["actor"] = {"type": row["actor_type"]} | ({"id": row["actor_id"]} if row["actor_id"] else {})
    envelope = {
        "specversion": "1.0",
        "id": row["id"],
        "source": source,
        "type": f"cierre.{row['type']}",
        "time": rfc3339(row["time"]),
        "datacontenttype": "application/json",
    }
    if row["user_id"] is not None:
        # The extension "Partitioning": what must stay in order goes the same way.
        envelope |= {"subject": row["user_id"], "partitionkey": row["user_id"]}
    if row["traceparent"] is not None:
        # The extension "Distributed Tracing": a consumer goes on with the trace of the request.
        envelope["traceparent"] = row["traceparent"]
    return Event(row["seq"], row["id"], envelope["type"], row["user_id"], orjson.dumps(envelope | {"data": data}))
