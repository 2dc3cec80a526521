"""Verifying the audit trail: does each event still say what it said when it was sealed, and is none missing or new?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cierre.clock import rfc3339
from cierre.domain.audit_chain import COVERED, GENESIS, PERSONAL, Head, link_hash, parse_head, personal_hash
from cierre.phrases import Phrase
from cierre.storage.repositories import audit_links
from cierre.storage.rows import AuditLinkRow, EventOfLinkRow
from cierre.storage.statements import Tx


class _NotVerified(Exception):
    """`why` is the message."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(why)
        self.why = why


class Broken(_NotVerified):
    """The audit trail was tampered with; the message names the first broken row."""


class HeadPruned(_NotVerified):
    """A known head is older than what is left of the chain."""


@dataclass(slots=True)
class Verified:
    """A trail that is whole.

    Attributes:
        rows: how many were verified.
        first, last: the places in the chain that they stand between; None: nothing is sealed.
        settled: every row from before this time (milliseconds) is sealed; 0: not known of any.
        erased: rows whose personal data were erased.
        unsealed: rows that have no link yet.
        oldest_unsealed: the time of the oldest of them, in milliseconds.
    """

    rows: int = 0
    first: Head | None = None
    last: Head | None = None
    settled: int = 0
    erased: int = 0
    unsealed: int = 0
    oldest_unsealed: int | None = None


@dataclass(slots=True)
class _Walk:
    """Where the verification stands."""

    erased_users: frozenset[str]
    heads: dict[int, str]
    position: int = 0
    hash: str = GENESIS
    found: Verified = field(default_factory=Verified)


async def verify(tx: Tx, *, heads: Sequence[Head] = ()) -> Verified:
    """Walk through the chain from its beginning, or from where it was pruned.

    Args:
        heads: places in the chain that are known to be true, from elsewhere.

    Raises:
        Broken: a row was changed, deleted, added afterwards or moved; or a head is not in the chain.
        HeadPruned: a head is older than the chain's beginning.
    """
    walk = _Walk(await audit_links.erased_users(tx), {head.position: head.hash for head in heads})
    await _begin(tx, walk)
    while links := await audit_links.after(tx, walk.position):
        events = await audit_links.events_between(tx, walk.position, links[-1]["position"])
        by_position = {event["position"]: event for event in events}
        for link in links:
            _step(walk, link, by_position.get(link["position"]))
    missing = [position for position in walk.heads if position > walk.position]
    if missing:
        message = "the chain ends at {position}, before the known head {head}: its end was cut off"
        raise Broken(Phrase(message, position=walk.position, head=min(missing)))
    await _look_for_unsealed(tx, walk)
    return walk.found


async def _begin(tx: Tx, walk: _Walk) -> None:
    pruned = [parse_head(subject) for subject in await audit_links.prunings(tx)]
    if pruned:
        anchor = max(pruned)
        link = await audit_links.at(tx, anchor.position)
        if link is None or link["hash"] != anchor.hash:
            message = "the audit trail says that it was pruned up to {head}, and the chain has no such link"
            raise Broken(Phrase(message, head=anchor))
        walk.position, walk.hash = anchor.position, anchor.hash
        walk.found.first = walk.found.last = anchor
        # What the pruned stretch had settled is settled.
        walk.found.settled = link["settled_before"] or 0
    for position, digest in walk.heads.items():
        if position < walk.position:
            message = "the head {head} is older than the beginning of the chain, {position}"
            raise HeadPruned(Phrase(message, head=position, position=walk.position))
        if position == walk.position and digest != walk.hash:
            raise Broken(Phrase("the chain has another link at the known head {position}", position=position))


def _step(walk: _Walk, link: AuditLinkRow, event: EventOfLinkRow | None) -> None:
    position, found = link["position"], walk.found
    if position != walk.position + 1:
        message = "link {position} is missing: it was deleted, with its row or without it"
        raise Broken(Phrase(message, position=walk.position + 1))
    row = Phrase("row {seq} (link {position})", seq=link["seq"], position=position)
    if event is None:
        raise Broken(Phrase("{row} is missing: it was deleted after it had been sealed", row=row))
    if link["form"] not in COVERED:
        message = "{row} has the form {form}, which this version of Cierre doesn't know"
        raise Broken(Phrase(message, row=row, form=link["form"]))
    values = dict(event)
    if _is_erased(walk, link, event, row):
        found.erased += 1
    elif link["salt"] is None or personal_hash(link["salt"], values) != link["personal"]:
        raise Broken(Phrase("{row} has another device, address or user agent than when it was sealed", row=row))
    if link_hash(walk.hash, link, values) != link["hash"]:
        message = "{row} is not what was sealed: the row was changed or moved, or its link was"
        raise Broken(Phrase(message, row=row))
    if event["timestamp"] < found.settled:
        message = "{row} says {time}, and all rows from before {settled} were sealed before it"
        raise Broken(Phrase(message, row=row, time=_time(event), settled=_ms(found.settled)))
    if walk.heads.get(position, link["hash"]) != link["hash"]:
        raise Broken(Phrase("the chain has another link at the known head {position}", position=position))
    walk.position, walk.hash = position, link["hash"]
    found.rows += 1
    found.settled = max(found.settled, link["settled_before"] or 0)
    found.last = Head(position, link["hash"])
    found.first = found.first or found.last


def _is_erased(walk: _Walk, link: AuditLinkRow, event: EventOfLinkRow, row: Phrase) -> bool:
    values: dict[str, Any] = dict(event)
    if link["salt"] is not None or any(values[name] is not None for name in PERSONAL):
        return False
    if not {event["user_id"], event["actor_id"]} & walk.erased_users:
        message = "{row} has lost its personal data, and the audit trail has no erasure of that user"
        raise Broken(Phrase(message, row=row))
    return True


async def _look_for_unsealed(tx: Tx, walk: _Walk) -> None:
    found = walk.found
    async for page in audit_links.events(tx):
        for event in page:
            if event["position"] is not None:
                continue
            if event["timestamp"] < found.settled:
                message = (
                    "row {seq} says {time}, and has no link though all rows from before {settled} had theirs: it was"
                    " added afterwards, or its link was deleted"
                )
                values = {"seq": event["seq"], "time": _time(event), "settled": _ms(found.settled)}
                raise Broken(Phrase(message, **values))
            found.unsealed += 1
            found.oldest_unsealed = min(event["timestamp"], found.oldest_unsealed or event["timestamp"])


def _time(event: EventOfLinkRow) -> str:
    return _ms(event["timestamp"])


def _ms(time: int) -> str:
    try:
        return rfc3339(time)
    except (ValueError, OverflowError, OSError):
        return str(time)
