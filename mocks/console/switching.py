"""The scenarios of a mock, listed, switched and reset by the API."""

from __future__ import annotations

from cierre.mocks.answering.refusals import Refusal, problem
from cierre.mocks.console.asked import Asked, done, json_reply
from cierre.mocks.console.scenarios.schema import schema
from cierre.mocks.messages import MockReply

_UNKNOWN = Refusal(404, (), (), "There is none")


async def show(asked: Asked) -> MockReply:
    """Those that there are, and which are on."""
    kept = asked.board.scenarios
    on = kept.on(asked.session) if kept is not None else frozenset()
    listed = [
        {"name": one.name, "description": one.description, "place": one.place, "on": one.name in on}
        for one in (kept.known if kept is not None else ())
    ]
    return json_reply({"scenarios": listed})


async def switch(asked: Asked) -> MockReply:
    """Let these be on."""
    kept = asked.board.scenarios
    known = [one.name for one in kept.known] if kept is not None else []
    unknown = [name for name in asked.body["on"] if name not in known]
    if unknown:
        return problem(_UNKNOWN, f"no scenario is named {unknown[0][:200]!r}; there are: {', '.join(known) or 'none'}")
    if kept is not None:
        kept.switch(frozenset(asked.body["on"]), asked.session)
        asked.board.changed()
    return await show(asked)


async def reset(asked: Asked) -> MockReply:
    """Let those that are on begin anew."""
    if asked.board.scenarios is not None:
        asked.board.scenarios.reset(asked.session)
    return done("the scenarios begin anew")


async def show_schema(asked: Asked) -> MockReply:
    """The JSON Schema of their files, with the operations of the document."""
    return json_reply(schema(asked.document))
