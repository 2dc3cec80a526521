"""CORS: no page of a foreign origin gets answers with the user's credentials."""

from __future__ import annotations

from cierre.contract_tests import named
from cierre.contract_tests.resources.calls import Reply
from cierre.contract_tests.security.stage import Stage
from cierre.oas.structure import Operation

FOREIGN = ("https://cierre-foreign.example", "null")
# Operations that are asked, at the most: a server has one policy, or one a path.
_MOST = 20


def check(stage: Stage) -> str:
    """Ask operations as a page of a foreign origin would. Returns why it was not reached; empty where it was."""
    reading = [one for one in stage.run.operations if one.method == "get"]
    trusted: list[tuple[str, str, Reply]] = []
    for operation in reading[:_MOST]:
        path = stage.things.path_of(operation)
        if path is None:
            continue
        for origin in FOREIGN:
            reply = stage.calls.call(
                operation,
                stage.owner,
                path=path,
                query=stage.things.query_of(operation),
                headers={**stage.things.headers_of(operation), "Origin": origin},
            )
            if reply is not None and _trusts(reply, origin):
                trusted.append((operation.label, origin, reply))
                break
    for operation in [one for one in stage.run.operations if one.method != "get"][:_MOST] if not trusted else ():
        reply = _preflight(stage, operation)
        if reply is not None and _trusts(reply, FOREIGN[0]):
            trusted.append((operation.label, FOREIGN[0], reply))
            break
    if trusted:
        label, origin, reply = trusted[0]
        sentence = f"{label} lets a page of {origin} read its answers with the user's credentials."
        details = "Also: " + ", ".join(one for one, _, _ in trusted[1:]) if trusted[1:] else ""
        stage.broken(named.CORS, reply, sentence, trail=[reply.seen], details=details)
    return ""


def _preflight(stage: Stage, operation: Operation) -> Reply | None:
    path = stage.things.path_of(operation)
    asked = operation._replace(method="options")
    headers = {"Origin": FOREIGN[0], "Access-Control-Request-Method": operation.method.upper()}
    reply = stage.calls.call(asked, type(stage.owner)(), path=path, headers=headers) if path is not None else None
    return None if reply is None else Reply(operation, reply.seen, reply.body)


def _trusts(reply: Reply, origin: str) -> bool:
    allowed = reply.seen.header("access-control-allow-origin")
    credentials = reply.seen.header("access-control-allow-credentials") or ""
    return allowed == origin and credentials.strip().lower() == "true"
