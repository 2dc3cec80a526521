"""The phases of a run, in order: resources, security, generated cases, probes, and what the extensions test."""

from __future__ import annotations

import time
from collections import Counter

import requests
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests import checks
from cierre.contract_tests.findings import CouldNotRun, Limited, Report
from cierre.contract_tests.generated import generate
from cierre.contract_tests.limits import spend
from cierre.contract_tests.probes.phase import probe
from cierre.contract_tests.resources import phase as resources
from cierre.contract_tests.run import GENERATED, LIMITS, PROBES, RESOURCES, SECURITY, Run
from cierre.contract_tests.schema import load_schema
from cierre.contract_tests.security import phase as security
from cierre.contract_tests.security import seen
from cierre.contract_tests.separating import separate
from cierre.contract_tests.silence import ServerAway, reason_of
from cierre.phrases import Phrase, phrase_of

# Seconds that a server has for its first answer.
TO_REACH = 10


def execute(run: Run) -> Report:
    """Test the server that `run` is about.

    Raises:
        CouldNotRun: the server is not there, the document is no usable contract, or a login fails.
    """
    started = time.monotonic()
    checks.register()
    _reach(run)
    # What decides in the place of a document's examples is for extensions to say.
    run.examples_only = not run.contract.extensions and _is_mock(run)
    schema = load_schema(run)
    try:
        _phases(run, schema)
    except ServerAway:
        run.report.errors.append(
            Phrase("the server is away, and did not come back, since {request}", request=run.line.away)
        )
    except KeyboardInterrupt:
        run.report.errors.append(Phrase("interrupted: what follows was not tested"))
    except Limited as problem:
        if not run.options.limits:
            raise
        run.report.notes.append(phrase_of(problem))
    except CouldNotRun as problem:
        if not run.report.findings:
            raise
        # What was found is worth more than what could not be tested.
        run.report.errors.append(phrase_of(problem))
    seen.look(run)
    limited = _rate_limited(run.report)
    if run.options.limits:
        run.report.notes += limited
    else:
        run.report.errors += [phrase_of(Limited(one)) for one in limited]
    run.report.elapsed = time.monotonic() - started
    return run.report


def _phases(run: Run, schema: OpenApiSchema) -> None:
    for extension in run.contract.extensions:
        extension.install(run, schema)
    if not run.contract.extensions and not run.examples_only:
        _log_in(run)
    # First: what they make and ask for is as its owner left it.
    if run.options.includes(RESOURCES) and not run.stopped:
        resources.explore(run)
    if run.options.includes(SECURITY) and not run.stopped:
        security.explore(run)
    if any(run.options.includes(phase) for phase in GENERATED) and not run.stopped:
        generate(run, schema)
    run.line.check()
    separate(run, schema)
    run.shrink()
    if run.options.includes(PROBES) and not run.stopped:
        probe(run, schema)
    for extension in run.contract.extensions:
        if run.options.includes(extension.name) and not run.stopped:
            extension.explore(run, schema)
    run.line.check()
    if run.options.includes(LIMITS) and not run.stopped and not run.examples_only:
        spend(run, schema)


def _log_in(run: Run) -> None:
    """Log in once before the first phase: credentials that are refused are the run's mistake, not the server's.

    Raises:
        CouldNotRun: a login is refused.
    """
    for entry in run.contract.entries:
        if entry.path is not None and any(entry.fits(run.document, operation) for operation in run.operations):
            run.logins.current(entry)


def _reach(run: Run) -> None:
    url = run.options.url
    try:
        requests.get(url, headers=run.contract.headers, timeout=TO_REACH, allow_redirects=False)
    except requests.RequestException as problem:
        # A server that takes connections can be tested, even if it answers nothing at this path.
        run.line.answers = False
        spoken = not isinstance(problem, requests.ConnectTimeout | requests.exceptions.SSLError)
        if not spoken or not run.line.there():
            raise CouldNotRun(
                Phrase("{url} does not answer: {reason}", url=url, reason=reason_of(problem, TO_REACH))
            ) from problem


def _is_mock(run: Run) -> bool:
    """Whether the server is `cierre mock`, which shows its document."""
    url = run.options.url.rstrip("/") + "/__mock/openapi.json"
    try:
        answer = requests.get(url, headers=run.contract.headers, timeout=10, allow_redirects=False)
        return answer.status_code == 200 and "paths" in answer.json()
    except (requests.RequestException, ValueError, TypeError):
        return False


def _rate_limited(report: Report) -> list[Phrase]:
    """Operations of which the server refused most requests because there were too many."""
    exchanges = [one for one in report.exchanges if one.phase != LIMITS]
    sent = Counter(one.operation for one in exchanges)
    refused = Counter(one.operation for one in exchanges if one.status == 429)
    return [
        Phrase(
            "{operation}: {count} of {sent} requests were refused",
            operation=operation,
            count=count,
            sent=sent[operation],
        )
        for operation, count in refused.items()
        if count * 2 > sent[operation]
    ]
