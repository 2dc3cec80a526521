"""The audit log: who may read it, what its rows say, and its filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.observed import AUDIT, TokenOwners
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

AUDIT_LOG = Subject("Audit log")


def _change_rows(response: ProxyResponse, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    if data := response.data:
        response.change_data(events=[{**row, **change(row)} for row in data["events"]])


@AUDIT_LOG.stateful("every user may read the audit log", origin="gap")
class EveryUserReads:
    """Sends a refused request again with the administrator's token."""

    def __init__(self) -> None:
        self.owners = TokenOwners()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        self.owners.learn(request, response)
        if request.path == AUDIT and response.status == 403 and self.owners.admin:
            request.token = self.owners.admin
            return await forward(request)
        return response


@AUDIT_LOG.response("times are numbers", "list_audit_events")
def times_as_numbers(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_rows(response, lambda _: {"timestamp": 1758814200000})


@AUDIT_LOG.response("an optional field is null where it should be a text", "list_audit_events")
def reason_is_null(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_rows(response, lambda _: {"reason": None})


@AUDIT_LOG.response(
    "a session that was closed at once lasted a negative time", "list_audit_events", origin="independent"
)
def negative_duration(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_rows(response, lambda row: {"sessionDuration": min(row["sessionDuration"], 30_000) - 30_000})


@AUDIT_LOG.response("sessionDuration is in seconds", "list_audit_events", sequences=True, origin="gap")
def duration_in_seconds(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_rows(response, lambda row: {"sessionDuration": row["sessionDuration"] // 1000})


@AUDIT_LOG.response(
    "each row of the audit log has a trace id of its own", "list_audit_events", sequences=True, origin="gap"
)
def trace_id_of_each_row(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_rows(response, lambda row: {"traceId": f"{row['sessionId'][:8]}-0000-4000-8000-{row['sessionId'][8:20]}"})


@AUDIT_LOG.response(
    "the audit log has the administrator's reason only in ASCII", "list_audit_events", sequences=True, origin="gap"
)
def reason_in_ascii(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_rows(response, lambda row: {"reason": row["reason"].encode("ascii", "replace").decode()})


@AUDIT_LOG.response("a forced logout does not name the administrator", "list_audit_events", sequences=True)
def forced_by_the_user(_request: ProxyRequest, response: ProxyResponse) -> None:
    """The user whose sessions were closed stands in the place of who closed them."""
    _change_rows(
        response,
        lambda row: {"actor": {"type": "user", "id": row["userId"]}} if row["logoutType"] == "admin_forced" else {},
    )


@AUDIT_LOG.response("the audit log has a row twice", "list_audit_events", sequences=True)
def repeat_first_row(_request: ProxyRequest, response: ProxyResponse) -> None:
    if data := response.data:
        response.change_data(events=[*data["events"], *data["events"][:1]])


@AUDIT_LOG.request("filters of the audit log are ignored", "list_audit_events", sequences=True, origin="independent")
async def ignore_filters(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.target = AUDIT
    return await forward(request)


@AUDIT_LOG.request(
    "from, to and logoutType of the audit log are ignored", "list_audit_events", sequences=True, origin="gap"
)
async def ignore_some_filters(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.drop_query("from", "to", "logoutType")
    return await forward(request)
