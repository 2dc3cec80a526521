"""Injection, seen by answers that differ. The payloads read and compare; none of them changes or deletes anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cierre.contract_tests import named
from cierre.contract_tests.named import Named
from cierre.contract_tests.resources.calls import Reply
from cierre.contract_tests.security.answers import inside_of
from cierre.contract_tests.security.inputs import Input, content_of, readings, try_inputs
from cierre.contract_tests.security.stage import Stage
from cierre.oas.structure import Operation

# Behind a value: what keeps a condition true, and what makes it false.
_PAIRS = (
    ("{0}' AND '1'='1", "{0}' AND '1'='2"),
    ("{0} AND 1=1", "{0} AND 1=2"),
    ("{0}' AND '1'='1' -- ", "{0}' AND '1'='2' -- "),
    ("{0}%' AND '1%'='1", "{0}%' AND '1%'='2"),
    ('{0}" AND "1"="1', '{0}" AND "1"="2'),
    ("{0}') AND ('1'='1", "{0}') AND ('1'='2"),
)
# Behind a value that nothing has; only where the operation reads.
_OPENERS = (
    ("{0}' OR '1'='1", "{0}' OR '1'='2"),
    ("{0}' OR 1=1 -- ", "{0}' OR 1=2 -- "),
    ("{0} OR 1=1", "{0} OR 1=2"),
    ("{0}%' OR '1%'='1", "{0}%' OR '1%'='2"),
)
_EXPRESSIONS = ("{{{{{0}*{1}}}}}", "${{{0}*{1}}}", "<%= {0}*{1} %>", "#{{{0}*{1}}}")
_FILES = (
    "../../../../../../../../../../etc/passwd",
    "/etc/passwd",
    "....//....//....//....//....//....//....//....//etc/passwd",
    "..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "file:///etc/passwd",
)
_PASSWD = re.compile(r"root:[^:\n]*:0:0:")
_READS = re.compile(r"search|query|find|filter|login|signin|authenticate|lookup", re.IGNORECASE)
# What a statement of a database that can't be read is answered with.
_BROKEN = 500


def check(stage: Stage) -> str:
    """Try each text of each operation. Returns why it was not reached; empty where it was."""
    return try_inputs(stage, lambda one: _try_all(stage, one))


def _try_all(stage: Stage, one: Input) -> bool:
    """Try every injection: none of them makes another one needless."""
    for probe in (_sql, _nosql, _template, _file):
        stage.calls.start()
        probe(stage, one)
    return False


def _reads(operation: Operation) -> bool:
    """Whether the operation only reads, or checks a password."""
    last = f"{operation.path.rsplit('/', 1)[-1]} {operation.node.get('operationId', '')}"
    return operation.method in {"get", "query"} or (operation.method == "post" and bool(_READS.search(last)))


def _sql(stage: Stage, one: Input) -> None:
    if not stage.run.wants(named.SQL.name) or not (_conditions(stage, one) or not _reads(one.operation)):
        return
    _quotes(stage, one)


def _conditions(stage: Stage, one: Input) -> bool:
    """Try pairs of conditions. Returns whether they showed nothing."""
    if not _reads(one.operation):
        return True
    made_up = stage.things.values.new()
    good, nothing = one.send(one.value), one.send(made_up)
    if good is None or nothing is None:
        return True
    for value, base, pairs in ((one.value, good, _PAIRS), (made_up, nothing, _OPENERS)):
        if value is one.value and not (good.good and content_of(good, value) != content_of(nothing, made_up)):
            # What the value says makes no difference.
            continue
        for first, second in pairs:
            opens = pairs is _OPENERS
            if _differ(one, base, value, first.format(value), second.format(value), opens=opens):
                kind = "opens" if opens else "keeps"
                sentence = (
                    f"{one.operation.label} runs what {one.shown} says as SQL: a true condition {kind} the answer."
                )
                _report(stage, named.SQL, one, first.format(value), sentence)
                return False
    return True


def _differ(one: Input, base: Reply, value: str, true: str, false: str, *, opens: bool) -> bool:
    """Whether a true condition and a false one are answered differently, twice, and one of them like the base."""
    for _ in range(2):
        yes = one.send(true)
        no = one.send(false) if yes is not None and yes.good else None
        if yes is None or no is None:
            return False
        like, unlike, sent, other = (no, yes, false, true) if opens else (yes, no, true, false)
        usual = content_of(base, value)
        if content_of(like, sent, value) != usual or content_of(unlike, other, value) == usual:
            return False
        if unlike.status >= _BROKEN or (opens and len(yes.seen.body) <= len(no.seen.body)):
            return False
    return True


def _quotes(stage: Stage, one: Input) -> None:
    """One quote breaks the statement, and two don't."""
    answers = None
    for _ in range(2):
        fresh = one.value if one.place == "path" else f"{one.value}{stage.things.values.new()}"
        broken, whole = one.send(f"{fresh}'"), one.send(f"{fresh}''")
        if broken is None or whole is None or not _broke(broken) or _broke(whole):
            return
        if not whole.good and whole.status != 404:
            return
        answers = broken, whole
    if answers is not None:
        how = f"one quote is answered {answers[0].status}, two {answers[1].status}"
        stage.broken(named.SQL, answers[0], f"{one.operation.label} runs what {one.shown} says as SQL: {how}.")


def _broke(reply: Reply) -> bool:
    inside = inside_of(reply.seen)
    return reply.status >= _BROKEN or (inside is not None and inside[0].startswith("an error of"))


def _nosql(stage: Stage, one: Input) -> None:
    """An operator in the place of a value is carried out."""
    if not _reads(one.operation) or one.place == "path" or not stage.run.wants(named.NOSQL.name):
        return
    made_up = stage.things.values.new()
    send, shown = _operators(one), None
    for _ in range(2):
        nothing, equal, unequal = one.send(made_up), send("$eq", made_up), send("$ne", made_up)
        if nothing is None or equal is None or unequal is None or not unequal.good:
            return
        as_equal = content_of(equal, made_up)
        if content_of(unequal, made_up) == as_equal or len(unequal.seen.body) <= len(nothing.seen.body):
            return
        if equal.good and as_equal != content_of(nothing, made_up):
            return
        if equal.status >= _BROKEN:
            return
        shown = unequal
    if shown is not None:
        stage.broken(named.NOSQL, shown, f"{one.operation.label} carries out the operator $ne in {one.shown}.")


def _operators(one: Input) -> Callable[[str, str], Reply | None]:
    if one.place == "body":
        return lambda operator, value: one.send({operator: value})
    request = one.request
    without = {name: value for name, value in request.query.items() if name != one.name}

    def send(operator: str, value: str) -> Reply | None:
        changed = type(request)(request.stage, request.operation, request.user, request.path, without, request.body)
        return changed.send("query", (f"{one.name}[{operator}]",), value)

    return send


def _template(stage: Stage, one: Input) -> None:
    """An expression comes back as its value."""
    if not one.harmless or not stage.run.wants(named.TEMPLATE.name):
        return
    for expression in _EXPRESSIONS:
        shown = None
        for first, second in ((7919, 6841), (7907, 6823)):
            # A word of its own: what an earlier request left in a list says nothing of this one.
            word = f"cierre{stage.things.values.new()}x"
            sent = f"{word}{expression.format(first, second)}"
            reply = one.send(sent)
            answers = [reply, *readings(stage, one, reply)] if reply is not None else []
            shown = next((seen for seen in answers if f"{word}{first * second}" in seen.text), None)
            if shown is None:
                break
        if shown is not None:
            sentence = (
                f"{one.operation.label} carries out what {one.shown} says as a template: {sent} comes as its value."
            )
            stage.broken(named.TEMPLATE, shown, sentence)
            return


def _file(stage: Stage, one: Input) -> None:
    """A path leads out of the folder that it should stay in."""
    # What writes or deletes must not be looked for where.
    if not _reads(one.operation) or not stage.run.wants(named.TRAVERSAL.name):
        return
    for sent in _FILES:
        reply = one.send(sent)
        if reply is not None and _PASSWD.search(reply.text):
            sentence = (
                f"{one.operation.label} reads any file that {one.shown} names: {sent} is answered with that file."
            )
            stage.broken(named.TRAVERSAL, reply, sentence, trail=[reply.seen])
            return


def _report(stage: Stage, check: Named, one: Input, sent: Any, sentence: str) -> None:
    reply = one.send(sent)
    if reply is not None:
        stage.broken(check, reply, sentence, trail=[reply.seen], details=f"{one.name}: {sent}")
