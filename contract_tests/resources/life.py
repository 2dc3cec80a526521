"""The life of a thing: created, read, changed, put twice, deleted, deleted again."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from cierre.contract_tests import named
from cierre.contract_tests.named import Named
from cierre.contract_tests.resources.calls import GONE, Reply
from cierre.contract_tests.resources.judging import report, server_error
from cierre.contract_tests.resources.model import expression_of
from cierre.contract_tests.resources.things import Thing, Things, id_in, items_of
from cierre.oas.structure import Operation, operations

# Seconds that a server may take until what it created can be read.
_SOON = (0.0, 0.2, 0.8)
ACCEPTED = 202
# A parameter in an escaped path.
_OWN_TIME = re.compile(r"time|date|version|etag|updated|modified|revision|_at\Z|At\Z|last|count|links?\Z|_?rev\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]|\Z)")
_STATE = re.compile(r"delet|remov|status|state|activ|enabled|archiv|borrad", re.IGNORECASE)


class Life:
    """Follows one thing through its life.

    Args:
        things: makes it.
    """

    def __init__(self, things: Things, phase: str) -> None:
        self.things, self.calls, self.run, self.phase = things, things.calls, things.calls.run, phase

    def follow(self, thing: Thing) -> None:
        """Check all that the document has operations for. The thing is deleted at the end, if it can be."""
        self.location(thing)
        before = self.read(thing)
        if before is not None:
            self.change(thing, before)
        if thing.resource.remove is not None:
            self.remove(thing, before)

    def call(self, operation: Operation, thing: Thing, **more: Any) -> Reply | None:
        """One request about the thing, with what the operation requires beside it."""
        headers = {**self.things.headers_of(operation), **more.pop("headers", {})}
        reply = self.calls.call(
            operation, self.things.user, path=thing.path, query=self.things.query_of(operation), headers=headers, **more
        )
        if reply is not None:
            server_error(self.run, reply, phase=self.phase)
        return reply

    def broken(self, check: Named, reply: Reply, sentence: str, **more: Any) -> None:
        """Report it, with all that was sent for the thing."""
        report(self.run, check, reply, sentence, phase=self.phase, trail=self.calls.trail, **more)

    def location(self, thing: Thing) -> None:
        """`Location` of a 201 leads to what was created."""
        made, where = thing.reply, thing.reply.seen.header("location")
        if made.status != 201 or not where:
            return
        base = urlsplit(self.run.options.url)
        target = urlsplit(urljoin(made.seen.url, where))
        if target.netloc != base.netloc:
            return
        root = base.path.rstrip("/")
        inner = target.path.removeprefix(root) if root else target.path
        reply = self.calls.call(self._at(inner, made.operation), self.things.user, query=dict(parse_qsl(target.query)))
        if reply is not None and (reply.status in GONE or reply.status >= 500):
            shown = Reply(made.operation, reply.seen, reply.body)
            sentence = f"{made.operation.label} answers with Location: {where}, which answers {reply.status}."
            self.broken(named.LOCATION, shown, sentence, clause=("responses", "201"))

    def _at(self, path: str, made: Operation) -> Operation:
        """The reading of what is at `path`, with the credentials of the operation that reads there, or that made it."""
        for operation in operations(self.run.document):
            if operation.method == "get" and expression_of(operation.path).match(path):
                return operation._replace(path=path)
        security = made.node.get("security", self.run.document.get("security"))
        return Operation(path, "get", {"responses": {}, "security": security}, {})

    def read(self, thing: Thing) -> Any:
        """What is read of the thing; None where it can't be."""
        operation = thing.resource.read
        if operation is None:
            return None
        reply = None
        for pause in _SOON:
            time.sleep(pause)
            reply = self.call(operation, thing)
            if reply is None or reply.status not in GONE:
                break
        if reply is None or thing.reply.status == ACCEPTED:
            return None
        if reply.status in GONE and thing.identified:
            made = thing.reply
            sentence = (
                f"{operation.label} answers {reply.status} for what {made.operation.label} created with {made.status}."
            )
            self.broken(named.CREATED_CAN_BE_READ, reply, sentence)
        return reply.body if reply.good else None

    def change(self, thing: Thing, before: Any) -> None:
        """A change can be read afterwards; PUT twice is PUT once."""
        for operation in (thing.resource.replace, thing.resource.change):
            if operation is None:
                continue
            for written in self.things.bodies(operation):
                body = _keeps_identity(written, thing)
                reply = self.call(operation, thing, body=body)
                if reply is None or not reply.good or reply.status == ACCEPTED:
                    continue
                after = self.read(thing)
                self._kept(operation, reply, body, before, after)
                if operation.method.lower() == "put":
                    self._idempotent(operation, thing, body, after)
                before = after
                break

    def _kept(self, operation: Operation, reply: Reply, body: Any, before: Any, after: Any) -> None:
        if not isinstance(body, dict) or not isinstance(before, dict) or not isinstance(after, dict):
            return
        lost = [
            name
            for name, value in body.items()
            if isinstance(value, str | int | bool)
            and name in before
            and value != before[name] == after.get(name)
            # What the server writes in its own way says nothing.
            and type(value) is type(before[name])
        ]
        changed = [name for name, value in body.items() if name in before and before[name] != after.get(name)]
        if lost and not changed:
            sentence = f"{operation.label} answers {reply.status}, and {', '.join(lost)} is read as before."
            self.broken(named.CHANGE_IS_KEPT, reply, sentence)

    def _idempotent(self, operation: Operation, thing: Thing, body: Any, once: Any) -> None:
        reply = self.call(operation, thing, body=body)
        if reply is None:
            return
        if 400 <= reply.status < 500 and reply.status not in {401, 403, 409, 412, 428, 429}:
            sentence = f"{operation.label} takes a request, and answers {reply.status} when the same comes again."
            self.broken(named.PUT_IS_IDEMPOTENT, reply, sentence)
        twice = self.read(thing) if reply.good else None
        differing = differing_members(once, twice)
        if twice is not None and once is not None and differing:
            # What differs from one reading to the next changes by itself.
            differing -= differing_members(twice, self.read(thing))
        if twice is not None and once is not None and differing:
            sentence = f"{operation.label}, sent twice, leaves another {', '.join(sorted(differing))} than sent once."
            self.broken(named.PUT_IS_IDEMPOTENT, reply, sentence)

    def remove(self, thing: Thing, before: Any) -> None:
        """What is deleted is gone, and is not deleted again."""
        operation = thing.resource.remove
        reply = None if operation is None else self.call(operation, thing)
        if operation is None or reply is None or not reply.good or reply.status == ACCEPTED:
            return
        self.things.drop(thing)
        reader = thing.resource.read
        if reader is not None and before is not None:
            again = self.call(reader, thing)
            if again is not None and again.good and not _marked(before, again.body):
                sentence = f"{reader.label} answers {again.status} for what {operation.label} deleted."
                self.broken(named.DELETED_IS_GONE, again, sentence)
                return
            if again is not None and again.status in GONE:
                self._left_the_list(operation, thing, before)
        second = self.call(operation, thing)
        names = {str(status) for status in operation.node.get("responses", {})} & {"404", "410"}
        if second is not None and second.good and names and second.status != ACCEPTED:
            sentence = (
                f"{operation.label} answers {second.status} for what it deleted before; "
                f"the contract has {' and '.join(sorted(names))} for that."
            )
            self.broken(named.DELETED_TWICE, second, sentence, clause=("responses", min(names)))

    def _left_the_list(self, removed: Operation, thing: Thing, before: Any) -> None:
        """What is deleted is in no list, unless the list says that it is deleted."""
        lists, resource = thing.resource.list, thing.resource
        shown: Reply | None = None
        for pause in _SOON[:2]:
            time.sleep(pause)
            shown = None if lists is None else self.call(lists, thing)
            items = items_of(shown.body) if shown is not None and shown.good else []
            still = [one for one in items if id_in(one, resource.parameter, resource.thing) == thing.id]
            if not still or any(_marked(before, one) for one in still):
                return
        if shown is not None:
            sentence = f"{shown.operation.label} still has what {removed.label} deleted."
            self.broken(named.DELETED_IS_GONE, shown, sentence)


def _keeps_identity(body: Any, thing: Thing) -> Any:
    """The body, with the thing's own id in the place of a made-up one."""
    own = thing.resource.parameter
    return {**body, own: thing.id} if isinstance(body, dict) and own in body else body


def differing_members(one: Any, other: Any) -> set[str]:
    """Members of two readings that differ, times and versions aside."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return set()
    return {
        name
        for name in one.keys() | other.keys()
        if one.get(name) != other.get(name)
        and not _OWN_TIME.search(name)
        and not (isinstance(other.get(name), str) and _MOMENT.match(other[name]))
    }


def _marked(before: Any, after: Any) -> bool:
    """Whether a reading says that the thing is deleted."""
    return any(_STATE.search(name) for name in _all_differing(before, after))


def _all_differing(before: Any, after: Any) -> set[str]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return set()
    found = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return found | {inner for name in found for inner in _all_differing(before.get(name), after.get(name))}
