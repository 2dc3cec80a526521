"""Conditional requests, where the document names them."""

from __future__ import annotations

from cierre.contract_tests import named
from cierre.contract_tests.resources.life import Life
from cierre.contract_tests.resources.model import Resource
from cierre.contract_tests.resources.things import Thing
from cierre.oas.navigation import parameters
from cierre.oas.structure import Operation

# An entity tag that no server has given.
_NEVER = '"cierre-never-given"'
_REFUSED = frozenset({400, 404, 409, 412, 428})


def check(life: Life, thing: Thing) -> None:
    """`If-Match` lets nothing pass that does not match, `If-None-Match` saves an answer that would be the same."""
    read = thing.resource.read
    if read is None:
        return
    current = life.call(read, thing)
    if current is None or not current.good:
        return
    tag = current.seen.header("etag")
    if tag and _names(life, read, "if-none-match", "304"):
        again = life.call(read, thing, headers={"If-None-Match": tag})
        if again is not None and again.good and again.seen.header("etag") == tag:
            sentence = f"{read.label} answers {again.status} to If-None-Match with the ETag that it has: 304 is due."
            life.broken(named.IF_NONE_MATCH, again, sentence)
    for operation in (thing.resource.replace, thing.resource.change, thing.resource.remove):
        if operation is None or not _names(life, operation, "if-match", "412"):
            continue
        if operation is thing.resource.remove:
            reply = life.call(operation, thing, headers={"If-Match": _NEVER})
        else:
            body = next(life.things.bodies(operation))
            reply = life.call(operation, thing, headers={"If-Match": _NEVER}, body=body)
        if reply is not None and reply.good:
            sentence = f"{operation.label} answers {reply.status} although If-Match has an ETag that was never given."
            life.broken(named.IF_MATCH, reply, sentence)
        elif reply is not None and tag and reply.status in _REFUSED and operation is not thing.resource.remove:
            _taken(life, thing, operation)


def named_in(life: Life, resource: Resource) -> bool:
    """Whether the document speaks of conditional requests to the resource."""
    writing = (resource.replace, resource.change, resource.remove)
    return resource.read is not None and (
        _names(life, resource.read, "if-none-match", "304")
        or any(one is not None and _names(life, one, "if-match", "412") for one in writing)
    )


def _taken(life: Life, thing: Thing, operation: Operation) -> None:
    """The current ETag passes."""
    read = thing.resource.read
    current = life.call(read, thing) if read is not None else None
    tag = current.seen.header("etag") if current is not None else None
    if not tag or tag.startswith("W/"):
        # A weak one never matches (RFC 9110, section 13.1.1).
        return
    reply = life.call(operation, thing, headers={"If-Match": tag}, body=next(life.things.bodies(operation)))
    if reply is not None and reply.status == 412:
        sentence = f"{operation.label} answers 412 although If-Match has the ETag of the thing as it is."
        life.broken(named.IF_MATCH, reply, sentence)


def _names(life: Life, operation: Operation, field: str, status: str) -> bool:
    """Whether the document speaks of the header field, as a parameter or by its status."""
    fields = {one["name"].lower() for one in parameters(life.run.document, operation) if one.get("in") == "header"}
    return field in fields or status in {str(one) for one in operation.node.get("responses", {})}
