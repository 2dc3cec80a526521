"""Trying a defect: is it found, and by what?"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from cierre.contract_tests.defects.defect import PATIENCE, Defect
from cierre.contract_tests.defects.proxy import Behaviour, faithful, proxied
from cierre.contract_tests.findings import CouldNotRun, Report
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import GENERATED, PROBES, Options
from cierre.contract_tests.selection import select_contract

EXAMPLES = 20
# The phase of sequences of requests, and those before it.
SEQUENCES = ("rules",)
SINGLE = (*GENERATED, PROBES)


class Outcome(NamedTuple):
    """How a defect fared.

    Attributes:
        by: the check that found it, or why it was not found.
        requests: how many were sent.
    """

    defect: Defect
    found: bool
    by: str
    requests: int


def try_defect(url: str, defect: Defect, seed: int) -> Outcome:
    """Test the server at `url` with the defect in front of it, until something is found.

    The operations that the defect touches come first, then the sequences of requests.
    """
    options = Options(url=url, examples=EXAMPLES, seed=seed, patience=defect.patience, fail_fast=True)
    in_sequences = replace(options, phases=SEQUENCES)
    single = replace(options, phases=SINGLE, operations=defect.operations)
    by, sent = "", 0
    for chosen in (in_sequences,) if defect.sequences else (single, in_sequences):
        if not by:
            try:
                report = _report(chosen, defect.make())
            except CouldNotRun as problem:
                return Outcome(defect, found=False, by=str(problem), requests=sent)
            by = ", ".join(f"{found.check} ({found.phase})" for found in report.findings[:1])
            sent += len(report.exchanges)
    return Outcome(defect, found=bool(by), by=by or "nothing", requests=sent)


def try_without(url: str, seed: int) -> Report:
    """Test the server at `url` in whole, through a proxy that changes nothing.

    Raises:
        CouldNotRun: the server cannot be tested.
    """
    return _report(Options(url=url, examples=EXAMPLES, seed=seed, patience=PATIENCE), faithful)


def _report(options: Options, behaviour: Behaviour) -> Report:
    with proxied(options.url, behaviour) as url:
        return plan(select_contract(), replace(options, url=url)).run(Quiet())
