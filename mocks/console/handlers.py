"""What the operations of the API of the page do, each by its operationId."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from cierre.extras import ExtraNotInstalled
from cierre.mocks.answering.refusals import MALFORMED, Refusal, problem
from cierre.mocks.answering.selection import NotDocumented
from cierre.mocks.console import operations, shown, switching, verifying
from cierre.mocks.console.answers import MOST
from cierre.mocks.console.archive import archive
from cierre.mocks.console.asked import Asked, done, json_reply
from cierre.mocks.console.calls import Call
from cierre.mocks.console.events import send_events
from cierre.mocks.console.setting import read_answer, same_again
from cierre.mocks.messages import MockReply
from cierre.oas.document import Document
from cierre.oas.examples import broken_examples
from cierre.oas.structure import Operation

_MOST_PROBLEMS = 100
_UNKNOWN = Refusal(404, (), (), "There is none")
_NOT_INSTALLED = Refusal(501, (), (), "Not installed")
_FULL = Refusal(507, (), (), "The mock keeps no more")


async def _status(asked: Asked) -> MockReply:
    info = asked.document.mapping(asked.document.root.get("info"))
    calls = asked.board.calls
    return json_reply(
        {
            "title": str(info.get("title", "")),
            "version": str(info.get("version", "")),
            "name": asked.document.name,
            "operations": sum(1 for _ in asked.document.operations()),
            "last": calls.last,
            "kept": calls.last - calls.forgotten,
            "state": asked.counts,
        }
    )


async def _problems(asked: Asked) -> MockReply:
    # A large document has thousands of examples: requests go on meanwhile.
    found = await asyncio.to_thread(_found_problems, asked.document)
    return json_reply({"problems": found})


def _found_problems(document: Document) -> list[dict[str, str]]:
    every = itertools.chain(document.problems, broken_examples(document, answers_only=True))
    return [
        {"place": one.place, "message": one.message, "rule": one.rule}
        for one in itertools.islice(every, _MOST_PROBLEMS)
    ]


async def _operations(asked: Asked) -> MockReply:
    return json_reply({"operations": operations.listed(asked.document)})


async def _operation(asked: Asked) -> MockReply:
    found = _wanted(asked)
    if not isinstance(found, Operation):
        return found
    described = operations.described(asked.document, found, asked.options)
    standing = [one.given for one in asked.board.answers.of(found.name, asked.session)]
    return json_reply({**described, "set": standing})


def _wanted(asked: Asked) -> Operation | MockReply:
    """The operation that is named, or why there is none."""
    name = asked.values["operation"]
    found = operations.find(asked.document, name)
    return found if found is not None else problem(_UNKNOWN, f"the document has no operation {name[:200]!r}")


async def _calls(asked: Asked) -> MockReply:
    calls, values = asked.board.calls, asked.values
    wanted = values.get("operation")
    found_operation = operations.find(asked.document, wanted) if wanted else None
    name = found_operation.name if found_operation is not None else wanted

    def find() -> list[Call]:
        newest = calls.newest(values["after"], asked.session)
        matching = (call for call in newest if name is None or call.operation == name)
        return list(itertools.islice(matching, values["limit"]))

    found = await calls.wait(find, values["wait"]) if values["wait"] else find()
    return json_reply({"last": calls.last, "calls": [shown.in_short(call) for call in found]})


async def _archive(asked: Asked) -> MockReply:
    calls = list(asked.board.calls.newest(session=asked.session))
    try:
        # Bodies are searched for credentials: requests go on meanwhile.
        return await asyncio.to_thread(archive, reversed(calls), asked.document)
    except ExtraNotInstalled as missing:
        return problem(_NOT_INSTALLED, str(missing))


async def _forget(asked: Asked) -> MockReply:
    asked.board.calls.forget(asked.session)
    asked.board.changed()
    return done("the requests so far are forgotten")


def _numbered(asked: Asked) -> Call | MockReply:
    found = asked.board.calls.get(asked.values["number"])
    return found if found is not None else problem(_UNKNOWN, f"request {asked.values['number']} is not kept")


async def _call(asked: Asked) -> MockReply:
    found = _numbered(asked)
    return found if isinstance(found, MockReply) else json_reply(shown.whole(asked.document, found))


async def _expect(asked: Asked) -> MockReply:
    found = _numbered(asked)
    if isinstance(found, MockReply):
        return found
    if found.operation is None:
        return problem(MALFORMED, "the document has no operation for that request")
    try:
        again = same_again(found)
    except ValueError as error:
        return problem(MALFORMED, str(error))
    asked.board.answers.add(found.operation, again, asked.session)
    asked.board.changed()
    return done("the next one gets the same answer")


async def _verify(asked: Asked) -> MockReply:
    expected = dict(asked.body)
    if "operation" in expected:
        operation = operations.find(asked.document, expected["operation"])
        if operation is None:
            return problem(_UNKNOWN, f"the document has no operation {expected['operation'][:200]!r}")
        expected["operation"] = operation.name
    calls = asked.board.calls
    found = verifying.matching(calls.newest(session=asked.session), expected)
    return json_reply(verifying.verdict(found, expected, calls.forgotten))


async def _watch(asked: Asked) -> MockReply:
    stream = partial(send_events, asked.board, asked.values["after"])
    return MockReply(200, [], b"", "what happens", stream=stream)


async def _answers(asked: Asked) -> MockReply:
    everything = asked.board.answers.everything()
    return json_reply(
        {
            "set": [
                {"operation": operation, "session": session, "answers": [one.given for one in answers]}
                for session, operation, answers in everything
            ]
        }
    )


async def _set(asked: Asked) -> MockReply:
    return _setting(asked, asked.body["answers"], replacing=True)


async def _add(asked: Asked) -> MockReply:
    return _setting(asked, [asked.body], replacing=False)


def _setting(asked: Asked, given: list[Any], *, replacing: bool) -> MockReply:
    operation = _wanted(asked)
    if not isinstance(operation, Operation):
        return operation
    try:
        read = [read_answer(asked.document, operation, one, asked.options) for one in given]
    except NotDocumented as error:
        return problem(MALFORMED, f"{error}; it has: {', '.join(error.known) or 'none'}", available=error.known)
    except ValueError as error:
        return problem(MALFORMED, str(error))
    answers = asked.board.answers
    if not answers.has_room(operation.name, asked.session):
        return problem(_FULL, f"answers of {MOST} operations and sessions are set: clear some")
    kept = read if replacing else [*read, *answers.of(operation.name, asked.session)]
    answers.set(operation.name, kept, asked.session)
    asked.board.changed()
    return json_reply({"violations": [violation._asdict() for one in read for violation in one.violations]})


async def _clear(asked: Asked) -> MockReply:
    answers = asked.board.answers
    if "operation" in asked.values:
        operation = operations.find(asked.document, asked.values["operation"])
        answers.set(operation.name if operation is not None else asked.values["operation"], [], asked.session)
    else:
        answers.clear(asked.session)
    asked.board.changed()
    return done("the mock chooses again")


HANDLERS: dict[str, Callable[[Asked], Awaitable[MockReply]]] = {
    "getStatus": _status,
    "listProblems": _problems,
    "listOperations": _operations,
    "getOperation": _operation,
    "listCalls": _calls,
    "downloadCalls": _archive,
    "forgetCalls": _forget,
    "getCall": _call,
    "expectCall": _expect,
    "verifyCalls": _verify,
    "watch": _watch,
    "listAnswers": _answers,
    "setAnswers": _set,
    "addAnswer": _add,
    "clearAnswers": _clear,
    "listScenarios": switching.show,
    "switchScenarios": switching.switch,
    "resetScenarios": switching.reset,
    "getScenarioSchema": switching.show_schema,
}
