"""The phases of a run, in order: generated cases, probes, and what the extensions test."""

from __future__ import annotations

import time
from collections import Counter

import requests

from cierre.contract_tests import checks
from cierre.contract_tests.findings import CouldNotRun, Limited, Report
from cierre.contract_tests.generated import generate
from cierre.contract_tests.probes.phase import probe
from cierre.contract_tests.run import GENERATED, PROBES, Run
from cierre.contract_tests.schema import load_schema


def execute(run: Run) -> Report:
    """Test the server that `run` is about.

    Raises:
        CouldNotRun: the server is not there, the document is no usable contract, or a login fails.
    """
    started = time.monotonic()
    checks.register()
    _reach(run)
    schema = load_schema(run)
    for extension in run.contract.extensions:
        extension.install(run, schema)
    if any(run.options.includes(phase) for phase in GENERATED):
        generate(run, schema)
    run.shrink()
    if run.options.includes(PROBES) and not run.stopped:
        probe(run, schema)
    for extension in run.contract.extensions:
        if run.options.includes(extension.name) and not run.stopped:
            extension.explore(run, schema)
    run.report.errors += _rate_limited(run.report)
    run.report.elapsed = time.monotonic() - started
    return run.report


def _reach(run: Run) -> None:
    url = run.options.url
    try:
        requests.get(url, headers=run.contract.headers, timeout=10, allow_redirects=False)
    except requests.RequestException as problem:
        raise CouldNotRun(f"{url} does not answer: {problem}") from problem


def _rate_limited(report: Report) -> list[str]:
    """Operations of which the server refused most requests because there were too many."""
    sent = Counter(seen.operation for seen in report.exchanges)
    refused = Counter(seen.operation for seen in report.exchanges if seen.status == 429)
    return [
        str(Limited(f"{operation}: {count} of {sent[operation]} requests were refused"))
        for operation, count in refused.items()
        if count * 2 > sent[operation]
    ]
