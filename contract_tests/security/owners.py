"""Another user's things: read, changed and deleted by somebody to whom they don't belong (OWASP API1)."""

from __future__ import annotations

from typing import Any

from cierre.contract_tests import named
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.resources.calls import GONE, Reply, User
from cierre.contract_tests.resources.life import differing_members
from cierre.contract_tests.resources.model import Resource
from cierre.contract_tests.resources.passwords import is_password, keeping, password_of
from cierre.contract_tests.resources.things import id_in, items_of
from cierre.contract_tests.security.stage import Stage, login_operation
from cierre.oas.navigation import find, security
from cierre.oas.structure import Operation

NO_OTHER = "--other-auth gives no second user"


def check(stage: Stage) -> str:
    """Let the other user try the first one's things. Returns why it was not reached; empty where it was."""
    if stage.other is None:
        return NO_OTHER
    why = "nothing of the first user's could be made"
    for resource in stage.resources:
        if not resource.item:
            continue
        _itself(stage, resource, stage.other)
        stage.calls.start()
        thing = stage.things.make(resource) if resource.make is not None else None
        if thing is not None:
            why = ""
            Trial(stage, resource, thing.path, stage.other).all()
        elif (path := _listed_path(stage, resource, stage.other)) is not None:
            why = ""
            # It was there before the run, and stays.
            Trial(stage, resource, path, stage.other).read()
    return why


def _listed_path(stage: Stage, resource: Resource, other: User) -> dict[str, Any] | None:
    """Where a thing is that only the first user's list has; None where there is none."""
    operation = resource.list
    path = stage.things.path_of(operation) if operation is not None else None
    if operation is None or path is None or not security(stage.run.document, operation):
        return None
    ids: list[list[Any]] = []
    for user in (stage.owner, other):
        reply = stage.calls.call(operation, user, path=path, query=stage.things.query_of(operation))
        items = items_of(reply.body) if reply is not None and reply.good else []
        ids.append([id_in(item, resource.parameter, resource.thing) for item in items])
    own = next((one for one in ids[0] if one is not None and one not in ids[1]), None)
    return {**path, resource.parameter: own} if own is not None else None


def _itself(stage: Stage, resource: Resource, other: User) -> None:
    """The first user's own entry among the users."""
    own, others = stage.itself(resource, stage.owner), stage.itself(resource, other)
    if own is not None and own != others and resource.item.count("{") == 1:
        stage.calls.start()
        trial = Trial(stage, resource, {resource.parameter: own}, other, person=True)
        trial.read()
        for operation in (*resource.below, resource.change, resource.replace):
            if operation is not None:
                trial.write(operation)


class Trial:
    """What the other user may do with one thing.

    Args:
        path: the values of the item's parameters.
        person: the thing is the first user itself, which must stay.
    """

    def __init__(
        self, stage: Stage, resource: Resource, path: dict[str, Any], other: User, *, person: bool = False
    ) -> None:
        self.stage, self.resource, self.path, self.other, self.person = stage, resource, path, other, person

    def all(self) -> None:
        """Read, change, delete."""
        self.read()
        self.listed()
        for operation in (*self.resource.below, self.resource.change, self.resource.replace):
            if operation is not None:
                self.write(operation)
        self.remove()

    def call(self, operation: Operation, user: User, body: Any = None) -> Reply | None:
        things, more = self.stage.things, {} if body is None else {"body": body}
        return self.stage.calls.call(
            operation,
            user,
            path=self.path,
            query=things.query_of(operation),
            headers=things.headers_of(operation),
            **more,
        )

    def guarded(self, operation: Operation) -> bool:
        """Whether the document wants credentials for it."""
        return bool(security(self.stage.run.document, operation))

    def read(self) -> None:
        """The other user reads the thing."""
        for operation in (self.resource.read, *(one for one in self.resource.below if one.method == "get")):
            if operation is None or not self.guarded(operation):
                continue
            mine = self.call(operation, self.stage.owner)
            theirs = self.call(operation, self.other) if mine is not None and mine.good else None
            if mine is None or theirs is None or not theirs.good or not _same(mine, theirs) or self._shared(mine):
                continue
            sentence = f"{operation.label} shows another user what belongs to the first."
            self.stage.broken(named.OWNERS, theirs, sentence)

    def listed(self) -> None:
        """The other user lists what is below a thing of the first."""
        operation = self.resource.list
        if operation is None or "{" not in operation.path or not self.guarded(operation):
            return
        theirs = self.call(operation, self.other)
        own = self.path[self.resource.parameter]
        for item in items_of(theirs.body) if theirs is not None and theirs.good else []:
            if str(id_in(item, self.resource.parameter, self.resource.thing)) == str(own) and theirs is not None:
                sentence = f"{operation.label} lists for another user what belongs to the first."
                self.stage.broken(named.OWNERS, theirs, sentence)
                return

    def write(self, operation: Operation) -> None:
        """The other user changes the thing."""
        if operation.method in {"get", "delete"} or not self.guarded(operation):
            return
        before = self._reading()
        body = next(self.stage.things.bodies(operation, self.other), None)
        if self.person and isinstance(body, dict) and any(map(is_password, body)):
            self._password(operation, body)
            return
        theirs = self.call(operation, self.other, body)
        if theirs is None or not theirs.good or before is None:
            return
        after = self._reading()
        changed = differing_members(before.body, after.body) if after is not None else set()
        if changed:
            sentence = f"{operation.label} lets another user change {', '.join(sorted(changed))} of the first's."
            self.stage.broken(named.OWNERS, theirs, sentence)
            if isinstance(body, dict):
                self.call(operation, self.stage.owner, {name: before.body.get(name, body[name]) for name in body})

    def remove(self) -> None:
        """The other user deletes the thing."""
        operation = self.resource.remove
        if operation is None or not self.guarded(operation):
            return
        theirs = self.call(operation, self.other)
        if theirs is None or not theirs.good:
            self.call(operation, self.stage.owner)
            return
        again = self.resource.read or operation
        mine = self.call(again, self.stage.owner)
        if mine is not None and mine.status in GONE:
            sentence = f"{operation.label} lets another user delete what belongs to the first."
            self.stage.broken(named.OWNERS, theirs, sentence)

    def _reading(self) -> Reply | None:
        reply = self.call(self.resource.read, self.stage.owner) if self.resource.read is not None else None
        return reply if reply is not None and reply.good else None

    def _shared(self, mine: Reply) -> bool:
        """Whether everybody is shown all of it anyway: the list that the other user gets has the thing in full."""
        operation = self.resource.list
        if operation is None or not isinstance(mine.body, dict):
            return False
        theirs = self.call(operation, self.other)
        return any(
            all(item.get(name) == value for name, value in mine.body.items())
            for item in (items_of(theirs.body) if theirs is not None and theirs.good else [])
        )

    def _password(self, operation: Operation, body: dict[str, Any]) -> None:
        """The other user changes the first one's password: recognised by the login that no longer works.

        What is sent is the other user's own password: where it is only that one's that changes, nothing does.
        """
        own = next((one for one in self.stage.owner.entries if one.path is not None and one.bodies), None)
        old, new = password_of(self.stage.owner.entries), password_of(self.other.entries)
        if own is None or old is None or new in {None, old} or not self._logs_in(own):
            return
        theirs = self.call(operation, self.other, body)
        if theirs is not None and theirs.good and not self._logs_in(own):
            sentence = f"{operation.label} lets another user change the password of the first."
            self.stage.broken(named.OWNERS, theirs, sentence)
            for user in (self.stage.owner, self.other):
                if not self._logs_in(own):
                    self.call(operation, user, keeping(body, old))

    def _logs_in(self, entry: Entry) -> bool:
        operation = login_operation(self.stage.run, str(entry.path))
        reply = self.stage.calls.call(operation, User(), body=entry.bodies[0])
        token = find(reply.body, *entry.token.strip("/").split("/")) if reply is not None and reply.good else None
        return bool(token)


def _same(mine: Reply, theirs: Reply) -> bool:
    if isinstance(mine.body, dict):
        return isinstance(theirs.body, dict) and bool(mine.body) and not differing_members(mine.body, theirs.body)
    return bool(mine.seen.body) and mine.seen.body == theirs.seen.body
