"""Command injection: a shell carries out what a text says. The payloads multiply two numbers, and no more.

Told by the product in an answer, or by a request for a path that ends with it, where the server shows nothing.
"""

from __future__ import annotations

from cierre.contract_tests import named
from cierre.contract_tests.resources.calls import Reply
from cierre.contract_tests.security.endpoint import Endpoint
from cierre.contract_tests.security.inputs import Input, readings, try_inputs
from cierre.contract_tests.security.stage import Stage

# Behind or in the place of a value: bare, within quotes, and as a line of its own.
_ECHOES = (
    "{0};echo {1}",
    "{0}|echo {1}",
    "{0}\necho {1}\n",
    "$(echo {1})",
    "`echo {1}`",
    "{0}';echo {1};'",
    '{0}";echo {1};"',
)
# Where nothing is shown. The last word of each is a command that asks for the address.
_BLIND = ("{0};{1}", "$({1})", "{0}';{1};'", '{0}";{1};"')
# Numbers whose product nothing says by chance.
_NUMBERS = ((7919, 6841), (7907, 6823))
# Seconds that a server may take to ask after its answer.
_LATE = 0.2
# Path → what was sent, by which input, and the answer.
Sent = dict[str, tuple[Input, str, Reply]]


def check(stage: Stage) -> str:
    """Try each text of each operation. Returns why it was not reached; empty where it was."""
    sent: Sent = {}
    with Endpoint(stage.run.options.url) as endpoint:
        why = try_inputs(stage, lambda one: one.harmless and _try(stage, endpoint, one, sent))
        for path in sorted(endpoint.wait(sent, _LATE)):
            _report(stage, *sent[path])
    return why


def _try(stage: Stage, endpoint: Endpoint, one: Input, sent: Sent) -> bool:
    stage.calls.start()
    if not _echoed(stage, one):
        _asked(stage, endpoint, one, sent)
    return False


def _echoed(stage: Stage, one: Input) -> bool:
    """Whether an answer shows the product; that is reported."""
    for form in _ECHOES:
        shown: tuple[str, Reply] | None = None
        for first, second in _NUMBERS:
            # A word of its own: what an earlier request left in a list says nothing of this one.
            word = f"cierre{stage.things.values.new()}x"
            text = form.format(one.value, f"{word}$(({first}*{second}))")
            reply = one.send(text)
            answers = [reply, *readings(stage, one, reply)] if reply is not None else []
            fits = next((seen for seen in answers if f"{word}{first * second}" in seen.text), None)
            shown = (text, fits) if fits is not None else None
            if shown is None:
                break
        if shown is not None:
            _report(stage, one, *shown)
            return True
    return False


def _asked(stage: Stage, endpoint: Endpoint, one: Input, sent: Sent) -> None:
    """Send what asks the endpoint where a shell carries it out; a server that fetches addresses does not multiply."""
    first, second = _NUMBERS[0]
    for form in _BLIND:
        start = f"/cierre-{stage.things.values.new()}"
        address = f"http://{endpoint.address}{start}$(({first}*{second}))"
        text = form.format(one.value, f"curl -s {address}||wget -qO- {address}")
        reply = one.send(text)
        if reply is None:
            return
        path = f"{start}{first * second}"
        if endpoint.was_asked(path):
            _report(stage, one, text, reply)
            return
        sent[path] = (one, text, reply)


def _report(stage: Stage, one: Input, text: str, reply: Reply) -> None:
    sentence = f"{one.operation.label} gives what {one.shown} says to a shell: the command in it was carried out."
    stage.broken(named.COMMAND, reply, sentence, trail=[reply.seen], details=f"{one.name}: {text}")
