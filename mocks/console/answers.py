"""Answers that somebody has set: for an operation, from now on or so many times, for everybody or for one session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cierre.mocks.answering.refusals import violations_header
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import MockReply
from cierre.mocks.preferences import Preferences, read_delay
from cierre.oas.validation import Violation, media

_SET = "set at /__mock/"
# Operations, and sessions of them, that have some at a time.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """What to answer with instead of what the mock would choose.

    Attributes:
        given: as it was set: status, example, body, headers, delay, fault, times.
        content: the bytes of an answer that was sent before, which is sent again as it was; None: `given` says it.
        violations: what the body breaks in the document.
        source: where it was set, for the log.
    """

    given: Mapping[str, Any]
    content: bytes | None = None
    violations: tuple[Violation, ...] = ()
    source: str = _SET

    def reply(self, ask: Callable[[Preferences], MockReply], preferences: Preferences) -> MockReply:
        """The reply to a request.

        Args:
            ask: the operation's reply by preferences. An answer that was sent before is sent without asking it.
            preferences: of the request; what is set does not change what the request asks for itself.
        """
        if self.content is None:
            return self._applied(ask(self._over(preferences)))
        fields = {**self.given["headers"], "content-length": str(len(self.content))}
        headers = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in fields.items()]
        return MockReply(self.given["status"], headers, self.content, f"an answer from before, {self.source}")

    def _over(self, preferences: Preferences) -> Preferences:
        given = self.given
        delay = read_delay(given["delay"]) if "delay" in given else None
        return preferences._replace(
            code=given.get("status"),
            example=given.get("example"),
            delay=preferences.delay or delay,
            fault=preferences.fault or given.get("fault"),
        )

    def _applied(self, reply: MockReply) -> MockReply:
        """The operation's reply with the body and the fields that are set; a refusal stays what it is."""
        why = f"{reply.why.replace('Prefer: ', '')}; {self.source}"
        if reply.status != self.given.get("status", reply.status):
            return reply._replace(why=why)
        own = {str(name).lower(): str(text) for name, text in self.given.get("headers", {}).items()}
        if "body" not in self.given:
            return reply._replace(headers=_merged(reply, own), why=why)
        content_type = own.get("content-type") or reply.header(b"content-type") or "application/json"
        body = _encoded(self.given["body"], content_type)
        own |= {"content-type": content_type, "content-length": str(len(body))}
        headers = [*_merged(reply, own), *violations_header(self.violations, b"mock-answer-violations")]
        broken = "".join(f", which breaks the document: {one.pointer}: {one.message}" for one in self.violations[:1])
        return reply._replace(headers=headers, body=body, why=f"a body{broken}; {self.source}")


def _merged(reply: MockReply, own: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    encoded = {name.encode("latin-1", "replace"): text.encode("latin-1", "replace") for name, text in own.items()}
    return [*((name, text) for name, text in reply.headers if name not in encoded), *encoded.items()]


def _encoded(body: Any, content_type: str) -> bytes:
    """The bytes of a body: a text as it is, where the type is not JSON."""
    is_json = media.kind_of(media.parse(content_type).essence) == "json"
    return body.encode() if isinstance(body, str) and not is_json else write_json(body)


def asks_itself(preferences: Preferences) -> bool:
    """Whether a request asks for a status or an example, and so gets that and not what is set."""
    return preferences.code is not None or preferences.example is not None


class Series:
    """Answers that are used one after the other, each so many times as its `times` says; without one: always."""

    def __init__(self, answers: Iterable[SetAnswer]) -> None:
        self._standing = [(answer, answer.given.get("times")) for answer in answers]

    def take(self) -> SetAnswer | None:
        """The next one, which is used up by that; None where all are."""
        if not self._standing:
            return None
        answer, left = self._standing[0]
        if left is not None:
            self._standing[:1] = [(answer, left - 1)] if left > 1 else []
        return answer

    def left(self) -> list[SetAnswer]:
        """What is left; `times` says how often still."""
        return [
            answer if left is None else replace(answer, given={**answer.given, "times": left})
            for answer, left in self._standing
        ]

    def __bool__(self) -> bool:
        return bool(self._standing)


class SetAnswers:
    """Of one mock, by session and operation; each in the order in which it is used.

    Attributes:
        any: whether there are some: otherwise nothing is looked up.
    """

    def __init__(self) -> None:
        self.any = False
        self._standing: dict[tuple[str, str], Series] = {}

    def has_room(self, operation: str, session: str = "") -> bool:
        """Whether some can be set for an operation."""
        return len(self._standing) < MOST or (session, operation) in self._standing

    def set(self, operation: str, answers: list[SetAnswer], session: str = "") -> None:
        """Use these from now on, one after the other; none: the mock chooses again.

        Args:
            operation: its name.
            answers: each so many times as its `times` says; without one: always.
            session: whose requests get them; "": those of everybody without own ones.
        """
        kept = Series(answers)
        self._standing.pop((session, operation), None)
        if kept:
            self._standing[session, operation] = kept
        self.any = bool(self._standing)

    def add(self, operation: str, answer: SetAnswer, session: str = "") -> None:
        """Use this one before those that are there."""
        self.set(operation, [answer, *self.of(operation, session)], session)

    def of(self, operation: str, session: str = "") -> list[SetAnswer]:
        """What is left for an operation; `times` says how often still."""
        return self._standing.get((session, operation), Series(())).left()

    def everything(self) -> list[tuple[str, str, list[SetAnswer]]]:
        """Session, operation and what is left of each."""
        return [(session, operation, self.of(operation, session)) for session, operation in self._standing]

    def clear(self, session: str = "") -> None:
        """Have none any more; with a session, none of it."""
        kept = {key: value for key, value in self._standing.items() if session and key[0] != session}
        self._standing = kept
        self.any = bool(kept)

    def take(self, operation: str, session: str, preferences: Preferences) -> SetAnswer | None:
        """The one for this request, which is used up by that; None where the mock chooses.

        Args:
            operation: of the request.
            session: of the request, "" for none.
            preferences: of the request: where it asks for a status or an example itself, it gets that.
        """
        if asks_itself(preferences):
            return None
        for key in dict.fromkeys(((session, operation), ("", operation))):
            standing = self._standing.get(key)
            if standing is None:
                continue
            taken = standing.take()
            if not standing:
                del self._standing[key]
                self.any = bool(self._standing)
            return taken
        return None
