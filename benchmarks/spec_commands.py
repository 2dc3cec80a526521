"""`python -m benchmarks.spec_commands [FILE …]`: what `cierre --help`, `cierre spec lint` and `cierre spec diff` cost.

Each file is linted, and compared with itself and with a copy in which one schema that many use has lost a property;
without a file it is done with a document of 13 MB that is made here. JSON is measured as YAML as well. Beside lint runs
openapi-spec-validator, which checks the standard alone, beside `--help` a Python that imports click. All in turn, round
by round.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import yaml

from benchmarks import documents, scratch
from benchmarks.tables import table
from cierre.oas.structure import references
from cierre.oas.syntax import parse

Json = dict[str, Any]
# Where none is given: as many as GitHub's has.
MEGABYTES = 13
_BIN = Path(sys.executable).parent


class Cost(NamedTuple):
    """Of one process, from its start to its end.

    Attributes:
        wall: seconds.
        cpu: user and system time in seconds.
    """

    wall: float
    cpu: float


class Case(NamedTuple):
    """A command of ours, and a peer that does as much or less; an empty one: there is none here."""

    name: str
    ours: tuple[str, ...]
    peer: tuple[str, ...] = ()


def cases(files: list[Path]) -> Iterator[Case]:
    """What is measured, with the documents that it needs written."""
    cierre = str(_BIN / "cierre")
    yield Case("`cierre --help`, beside `import click`", (cierre, "--help"), (sys.executable, "-c", "import click"))
    for file in files:
        for one in _forms(file):
            changed = _written(one, _changed(parse(one.read_bytes(), one.name)), "-changed")
            peer = (str(_BIN / "openapi-spec-validator"), "--validation-errors", "all", str(one))
            yield Case(f"lint {one.name}, beside openapi-spec-validator", (cierre, "spec", "lint", str(one)), peer)
            yield Case(f"diff {one.name}, the same", (cierre, "spec", "diff", str(one), str(one)))
            yield Case(f"diff {one.name}, one schema changed", (cierre, "spec", "diff", str(one), str(changed)))


def _forms(file: Path) -> Iterator[Path]:
    yield file
    if file.suffix == ".json":
        yield _written(file.with_suffix(".yaml"), json.loads(file.read_bytes()))


def _changed(document: Json) -> Json:
    """The document, in which the schema that is referred to most often has one property less."""
    changed = copy.deepcopy(document)
    schemas = changed.get("components", changed).get("schemas", changed.get("definitions", {}))
    for ref, _count in Counter(ref for _, ref in references(document)).most_common():
        properties = schemas.get(ref.rpartition("/")[2], {}).get("properties")
        if properties:
            properties.popitem()
            return changed
    sys.exit("no schema of the document that is referred to has properties")


def _written(file: Path, document: Json, ending: str = "") -> Path:
    scratch.DOCUMENTS.mkdir(parents=True, exist_ok=True)
    path = scratch.DOCUMENTS / f"{file.stem}{ending}{file.suffix}"
    if file.suffix == ".json":
        path.write_text(json.dumps(document), encoding="utf-8")
    else:
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        path.write_text(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def cost(command: tuple[str, ...]) -> Cost:
    """Run a command, whatever it ends with, and throw away what it prints.

    Raises:
        ChildProcessError: it was ended by a signal, or ended with 2 as after a user's mistake.
    """
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise ChildProcessError(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(time.perf_counter() - started, used.ru_utime + used.ru_stime)


def main() -> int:
    """Measure, and print the table."""
    parser = ArgumentParser(prog="python -m benchmarks.spec_commands", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="OpenAPI documents, JSON or YAML")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-peers", action="store_true", help="ours alone: a peer takes a minute of 13 MB")
    options = parser.parse_args()
    chosen = list(cases(options.files or [documents.of_size(MEGABYTES)]))
    ours: list[list[Cost]] = [[] for _ in chosen]
    peers: list[list[Cost]] = [[] for _ in chosen]
    for number in range(options.rounds):
        for index, case in enumerate(chosen):
            ours[index].append(cost(case.ours))
            if case.peer and not options.without_peers:
                peers[index].append(cost(case.peer))
            print(f"  {number + 1}/{options.rounds} {case.name}: {ours[index][-1].cpu:.2f} s", file=sys.stderr)
    print(table(("", "CPU, s", "wall, s", "peer: CPU, s", "CPU, ratio"), _rows(chosen, ours, peers)))
    return 0


def _rows(chosen: list[Case], ours: list[list[Cost]], peers: list[list[Cost]]) -> Iterator[tuple[str, ...]]:
    for case, costs, others in zip(chosen, ours, peers, strict=True):
        cpu, wall = median(one.cpu for one in costs), median(one.wall for one in costs)
        # In the round where both ran.
        ratio = [one.cpu / other.cpu for one, other in zip(costs, others, strict=False)]
        beside = (f"{median(one.cpu for one in others):.2f}", f"{median(ratio):.2f}") if others else ("", "")
        yield case.name, f"{cpu:.2f}", f"{wall:.2f}", *beside


if __name__ == "__main__":
    sys.exit(main())
