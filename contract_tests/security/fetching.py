"""Server-side request forgery: an address in a request makes the server ask there. Told only where it did."""

from __future__ import annotations

from collections.abc import Iterator

from cierre.contract_tests import named
from cierre.contract_tests.resources.calls import Reply
from cierre.contract_tests.security.endpoint import LOOPBACK, Endpoint
from cierre.contract_tests.security.inputs import Input, try_inputs
from cierre.contract_tests.security.stage import Stage
from cierre.oas.navigation import find
from cierre.oas.thing_names import plain, words

NO_ADDRESS = "no operation takes an address"
# Words of names that stand for an address.
_NAMES = frozenset(
    {"url", "uri", "href", "link", "webhook", "callback", "endpoint", "proxy", "feed", "site", "website"}
)
_NAMES |= {"host", "hostname", "domain", "server", "api", "src", "source", "target", "destination", "image", "avatar"}
_ENDS = ("url", "uri", "link", "href", "webhook", "endpoint")
# The same address, as filters of names and numbers do not know it.
_LOOPBACKS = ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]")
# Seconds that a server may take to ask after its answer.
_LATE = 0.3
# Path → what was sent, by which input, and the answer.
Sent = dict[str, tuple[Input, str, Reply]]


def check(stage: Stage) -> str:
    """Try each address that an operation takes. Returns why it was not reached; empty where it was."""
    sent: Sent = {}
    with Endpoint(stage.run.options.url) as endpoint:
        why = try_inputs(stage, lambda one: _try(stage, endpoint, one, sent))
        if sent:
            for path in sorted(endpoint.wait(sent, _LATE)):
                _report(stage, endpoint, *sent[path])
    return why or ("" if sent else NO_ADDRESS)


def takes_address(one: Input) -> bool:
    """Whether the text is an address by its value or by its name, and nothing says that the server is to call it."""
    named_so = bool(_NAMES & set(words(one.member))) or plain(one.member).endswith(_ENDS)
    is_one = one.value.lower().startswith(("http://", "https://"))
    return (named_so or is_one) and one.harmless and not _is_called_back(one)


def _is_called_back(one: Input) -> bool:
    """Whether the document says with `callbacks` that the server asks at this very address."""
    document, steps = one.request.stage.run.document, one.operation.steps
    where = {"body": f"$request.body#/{'/'.join(map(str, one.steps))}", "query": f"$request.query.{one.name}"}
    wanted = where.get(one.place, f"$request.path.{one.name}")
    for name in find(document, *steps, "callbacks") or ():
        if any(wanted in str(expression) for expression in find(document, *steps, "callbacks", name) or ()):
            return True
    return False


def _try(stage: Stage, endpoint: Endpoint, one: Input, sent: Sent) -> bool:
    for text, path in _addresses(stage, endpoint) if takes_address(one) else ():
        reply = one.send(text)
        if reply is None:
            break
        if endpoint.was_asked(path):
            _report(stage, endpoint, one, text, reply)
            sent[path] = (one, text, reply)
            break
        sent[path] = (one, text, reply)
    return False


def _addresses(stage: Stage, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Addresses of the endpoint, each with a path of its own."""
    for host in _LOOPBACKS if endpoint.host == LOOPBACK else (endpoint.host,):
        path = f"/cierre-{stage.things.values.new()}"
        yield f"http://{host}:{endpoint.port}{path}", path
    path = f"/cierre-{stage.things.values.new()}"
    yield f"{endpoint.address}{path}", path


def _report(stage: Stage, endpoint: Endpoint, one: Input, text: str, reply: Reply) -> None:
    sentence = f"{one.operation.label} asks at whatever address {one.shown} names: it asked at one of this machine."
    again = f"python3 -m http.server {endpoint.port} --bind {endpoint.host}"
    details = f"{one.name}: {text}\nTo see it again, listen there first: {again}"
    stage.broken(named.SSRF, reply, sentence, trail=[reply.seen], details=details)
