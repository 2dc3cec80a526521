"""From what was seen to a finding."""

from __future__ import annotations

from collections.abc import Sequence

from cierre.contract_tests.exchanges import Exchange, curl, files, sequence
from cierre.contract_tests.findings import Finding
from cierre.contract_tests.named import Named
from cierre.contract_tests.resources.calls import Reply
from cierre.contract_tests.run import Run
from cierre.oas.navigation import Step, pointer

_SERVER_ERROR = "not_a_server_error"
# Exchanges that a curl repeats, at the most: the last ones.
_LONGEST = 8


def report(
    run: Run,
    check: Named,
    reply: Reply,
    sentence: str,
    *,
    phase: str,
    trail: Sequence[Exchange] = (),
    clause: Sequence[Step] = ("responses",),
    details: str = "",
) -> bool:
    """Report that a check failed. Returns whether that is new.

    Args:
        reply: the answer that shows it.
        sentence: what is wrong.
        trail: all that was sent for it, in order.
        clause: steps from the operation to what is broken.
        details: more than the sentence.
    """
    if not run.wants(check.name):
        return False
    sent = [*trail][-_LONGEST:] or [reply.seen]
    operation = reply.operation
    return run.found(
        Finding(
            operation=operation.label,
            phase=phase,
            check=check.name,
            title=check.title,
            message=run.secrets.hide("\n".join(filter(None, [details, f"Source: {check.source}"]))),
            clause=pointer(run.document, *operation.steps, *clause),
            curl=sequence(sent, run.secrets) if len(sent) > 1 else curl(sent[0], run.secrets),
            exchange=reply.seen,
            files=files(*sent, secrets=run.secrets),
            sentence=run.secrets.hide(sentence),
        )
    )


def server_error(run: Run, reply: Reply, *, phase: str) -> None:
    """Report an answer that is an error of the server; another one changes nothing."""
    if reply.status >= 500 and reply.status != 501 and run.wants(_SERVER_ERROR):
        run.found(
            Finding(
                operation=reply.operation.label,
                phase=phase,
                check=_SERVER_ERROR,
                title="Server error",
                message="",
                clause=pointer(run.document, *reply.operation.steps, "responses"),
                curl=curl(reply.seen, run.secrets),
                exchange=reply.seen,
                files=files(reply.seen, secrets=run.secrets),
            )
        )
