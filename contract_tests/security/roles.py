"""A role's operations with the credentials of a lower one (OWASP API5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cierre.contract_tests import named
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.resources.calls import NOTHING, User
from cierre.contract_tests.security.stage import Stage, objects_in
from cierre.oas.navigation import security
from cierre.oas.structure import Operation
from cierre.oas.thing_names import plain, words

NO_ROLES = "no entry of --auth is for some operations alone, and no operation says that it is for administrators"
# How a document says in words that an operation is for a role.
_ADMINS_ONLY = re.compile(
    r"\bonly\b.{0,30}\badmin|\badmin\w*\b.{0,15}\bonly\b|requires? (an? |the )?admin", re.IGNORECASE
)
# How an API says that a user is no administrator.
_FLAGS = frozenset({"admin", "isadmin", "superuser", "issuperuser", "staff", "isstaff"})
_ORDINARY = frozenset(
    {"user", "member", "customer", "client", "basic", "employee", "viewer", "guest", "reader", "usuario"}
)
ALL = "*"


def check(stage: Stage) -> str:
    """Call what has an entry of its own with others. Returns why it was not reached; empty where it was."""
    why = NO_ROLES
    ordinary = [user for user in (stage.owner, stage.other) if user is not None and _is_ordinary(stage, user)]
    for operation in stage.run.operations:
        own = _entry(stage, operation)
        if own is None or not security(stage.run.document, operation):
            continue
        lower = (
            _lower(stage, operation, own) if own.operations != ALL else ordinary if _is_for_admins(operation) else ()
        )
        for user in lower:
            why = ""
            _try(stage, operation, user)
    return why


def _is_for_admins(operation: Operation) -> bool:
    """Whether the document says so: by its path, by a tag, or in words."""
    node = operation.node
    names = [*operation.path.split("/"), *map(str, node.get("tags") or ())]
    said = f"{node.get('summary', '')}. {node.get('description', '')}"
    return any(words(name)[:1] in (["admin"], ["admins"]) for name in names) or bool(_ADMINS_ONLY.search(said))


def _is_ordinary(stage: Stage, user: User) -> bool:
    """Whether the API itself says of a user that it is no administrator."""
    for known in stage.known_of(user):
        for one in objects_in(known):
            for name, value in one.items():
                if plain(name) in _FLAGS and value is False:
                    return True
                if plain(name) in {"role", "rol", "type", "usertype"} and str(value).lower() in _ORDINARY:
                    return True
    return False


def _entry(stage: Stage, operation: Operation) -> Entry | None:
    return next((one for one in stage.owner.entries if one.fits(stage.run.document, operation)), None)


def _lower(stage: Stage, operation: Operation, own: Entry) -> Iterator[User]:
    """Users whose entries are for everything that has none of its own."""
    others = stage.other.entries if stage.other is not None else ()
    for entry in (*stage.owner.entries, *others):
        if entry is not own and entry.operations == ALL and entry.fits(stage.run.document, operation):
            yield User((entry,))


def _try(stage: Stage, operation: Operation, lower: User) -> None:
    things, calls = stage.things, stage.calls
    calls.start()
    path = things.path_of(operation)
    if path is None:
        return
    reply = calls.call(
        operation,
        lower,
        path=path,
        query=things.query_of(operation),
        headers=things.headers_of(operation),
        body=next(things.bodies(operation, lower), NOTHING),
    )
    if reply is not None and reply.good:
        sentence = f"{operation.label} answers {reply.status} to a user without the role that the operation is for."
        stage.broken(named.ROLES, reply, sentence, trail=[reply.seen], clause=())
