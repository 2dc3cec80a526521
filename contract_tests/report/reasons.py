"""Why a run never reached what the contract names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_OF_STATUSES = {
    "304": "no request named what it already has",
    "401": "no request without valid credentials was refused so",
    "403": "no request came from somebody who may not do this",
    "404": "each thing that was asked for was there",
    "409": "no request met a thing in a conflicting state",
    "410": "no request asked for what is gone for good",
    "412": "no request had a precondition that fails",
    "429": "no quota was spent: --limits spends each, unless the server has no limits on",
    "503": "the server was never overloaded or in maintenance",
}
_OF_CLASSES = {
    "3": "no request was sent elsewhere",
    "4": "no request was refused so",
    "5": "no request makes a server fail, unless it has a bug",
}


def why_not(item: str, statuses: Mapping[str, int], notes: Collection[str]) -> str:
    """Why an item of the coverage never occurred.

    Args:
        item: as the coverage names it: `201 application/json`, `page (query)`, `name (body)`.
        statuses: of the operation's answers, and how often each came.
        notes: what the run says of the operation, such as that it was given up.
    """
    if notes or not statuses:
        return "; ".join(notes) or "no request was sent to this operation"
    if item.endswith(")"):
        return "no generated request had it"
    status, _, media_type = item.partition(" ")
    if status in statuses:
        return f"{status} came, never as {media_type}" if media_type else f"{status} came with a body each time"
    if status.startswith("2"):
        most = max(statuses, key=lambda name: statuses[name])
        return f"no request was answered so; most were answered with {most} ({statuses[most]} times)"
    if status == "default":
        return "each answer had a status that is named"
    return _OF_STATUSES.get(status) or _OF_CLASSES.get(status[:1], "no request was answered so")
