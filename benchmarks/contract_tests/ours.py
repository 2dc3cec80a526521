"""Our own service with seeded defects in front of it, one by one: each twelfth of all, the same for both tools."""

from __future__ import annotations

import fnmatch
import json
import time
from pathlib import Path
from typing import NamedTuple

import click
import requests

from benchmarks.contract_tests.tools import Outcome, Problem, schemathesis
from cierre import oas
from cierre.contract_tests.defects.catalogue import SUBJECTS
from cierre.contract_tests.defects.defect import Defect
from cierre.contract_tests.defects.proxy import Behaviour, faithful, proxied
from cierre.contract_tests.defects.service import service
from cierre.contract_tests.defects.trial import try_defect, try_without
from cierre.oas.structure import operations

# One of so many defects is tried.
STEP = 12
TITLE = f"our service, each {STEP}th seeded defect"
LOGIN = {"username": "usuario@ejemplo.com", "password": "cierre-demo"}


class Plain(NamedTuple):
    """How schemathesis is run, each time on a service of its own: what it sends may change the password of its user."""

    spec: Path
    folder: Path
    examples: int
    seed: int

    def run(self, behaviour: Behaviour, name: str, only: tuple[str, ...] = ()) -> Outcome:
        """What it reports through a proxy; with the token of a login of its own, as its user would give it.

        Args:
            name: of the folder for what it writes.
            only: operationIds; none: all.
        """
        with service() as url, proxied(url, behaviour) as target:
            answer = requests.post(f"{target}/api/v1/auth/login", json=LOGIN, timeout=60)
            token = str(answer.json().get("data", {}).get("accessToken", ""))
            chosen = {"examples": self.examples, "seed": self.seed}
            return schemathesis(target, self.spec, token, self.folder / name, only=only, **chosen)


def sample() -> list[Defect]:
    """Each twelfth of the seeded defects, in the order of their subjects."""
    return [one for subject in SUBJECTS.values() for one in subject.defects][::STEP]


def _touched(defect: Defect) -> tuple[str, ...]:
    """The operationIds that a defect touches; none where it touches all."""
    if defect.operations == "*":
        return ()
    return tuple(one.name for one in operations(oas.load()) if fnmatch.fnmatchcase(one.name, defect.operations))


def compare(folder: Path, *, examples: int, seed: int) -> tuple[tuple[str, ...], Outcome, Outcome]:
    """The defects, what `cierre contract` found of them, and what schemathesis found.

    What is reported without a defect is false. Schemathesis has found a defect where it reports what it does not report
    without one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spec = folder / "contract.json"
    spec.write_text(json.dumps(oas.bundle(oas.load())), encoding="utf-8")
    plain = Plain(spec, folder, examples, seed)
    with service() as url:
        false = tuple(Problem(one.operation, one.check, frozenset()) for one in try_without(url, seed).findings)
        usual = plain.run(faithful, "without")
        mine, theirs = Outcome(false, 0, 0.0), Outcome(usual.problems, 0, 0.0)
        known = {(one.operation, one.kind) for one in usual.problems}
        for number, defect in enumerate(sample()):
            mine = _with(mine, _by_cierre(url, defect, seed))
            theirs = _with(theirs, _by_schemathesis(plain, defect, str(number), known))
            click.echo(
                f"{number}: {defect.name}: {_found_or_missed(mine, defect)}, {_found_or_missed(theirs, defect)}",
                err=True,
            )
    return tuple(one.name for one in sample()), mine, theirs


def _found_or_missed(outcome: Outcome, defect: Defect) -> str:
    return "found" if defect.name in outcome.bugs else "missed"


def _by_cierre(url: str, defect: Defect, seed: int) -> Outcome:
    started = time.monotonic()
    tried = try_defect(url, defect, seed)
    found = (Problem(defect.operations, tried.by, frozenset({defect.name})),) if tried.found else ()
    return Outcome(found, tried.requests, time.monotonic() - started)


def _by_schemathesis(plain: Plain, defect: Defect, name: str, known: set[tuple[str, str]]) -> Outcome:
    seen = plain.run(defect.make(), name, _touched(defect))
    kinds = {(one.operation, one.kind) for one in seen.problems} - known
    new = tuple(Problem(*one, frozenset({defect.name})) for one in sorted(kinds))
    return Outcome(new, seen.requests, seen.seconds)


def _with(outcome: Outcome, more: Outcome) -> Outcome:
    requests_sent, seconds = outcome.requests + more.requests, outcome.seconds + more.seconds
    return Outcome((*outcome.problems, *more.problems), requests_sent, seconds)
