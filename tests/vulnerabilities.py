"""`python -m tests.vulnerabilities`: known vulnerabilities of what requirements.lock pins, by pip-audit.

The last line says what came out: how many packages were checked, what was found, or `not checked` and why. A package
index that has no list of vulnerabilities answers as if there were none, and pip-audit then says "No known
vulnerabilities found". So a service is asked first about a package that is known to be vulnerable.

Exit code: 1 where a vulnerability is found; 0 otherwise, where nothing could be checked as well: a service that is away
must not stop a release, and the line says that nobody looked.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
# Where PyPI's advisories are: its own interface, which a mirror may lack, and OSV's.
SERVICES = ("pypi", "osv")
# Another one with OSV's interface, such as a mirror inside of a company.
OSV = os.environ.get("CIERRE_TEST_OSV", "https://api.osv.dev/v1/query")
# CVE-2020-1747, in every list of advisories.
VULNERABLE = "pyyaml==5.3"
TIMEOUT = 15  # seconds, of one answer
PATIENCE = 600  # seconds, of all answers

Json = dict[str, Any]


class NotChecked(Exception):
    """The service said nothing that counts."""


class Result(NamedTuple):
    """What a service says of a list of packages.

    Attributes:
        checked: how many it knows.
        unknown: the names of those that it does not know.
        found: a line for each vulnerability.
    """

    checked: int
    unknown: list[str]
    found: list[str]


def main() -> int:
    """Ask the services one after the other until one has answered."""
    reasons = []
    for service in SERVICES:
        try:
            if not audit(service, VULNERABLE).found:
                raise NotChecked(f"does not know that {VULNERABLE} is vulnerable")  # noqa: TRY301 - one way to say why
            return tell(service, audit(service, LOCK.read_text()))
        except NotChecked as reason:
            reasons.append(f"{service} {reason}")
    say(f"not checked: {'; '.join(reasons)}")
    return 0


def tell(service: str, result: Result) -> int:
    """Returns the exit code."""
    for line in result.found:
        say(line)
    if result.unknown:
        say(f"not checked, as {service} does not know them: {', '.join(result.unknown)}")
    if result.found:
        say(f"{len(result.found)} known vulnerabilities in {result.checked} packages ({service})")
        return 1
    rest = f", {len(result.unknown)} not checked" if result.unknown else ""
    say(f"no known vulnerability in {result.checked} packages{rest} ({service})")
    return 0


def audit(service: str, requirements: str) -> Result:
    """What one service says of pinned requirements.

    Raises:
        NotChecked: it can't be reached, or its answer can't be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "requirements.txt"
        pins.write_text(requirements)
        return read(pip_audit(service, pins))


def pip_audit(service: str, pins: Path) -> str:
    """Its report as JSON. Whatever it is asked about is pinned: nothing is resolved or installed."""
    words = [
        "--vulnerability-service",
        service,
        "--osv-url",
        OSV,
        "--requirement",
        str(pins),
        "--no-deps",
        "--disable-pip",
    ]
    shown = ["--format", "json", "--desc", "off", "--progress-spinner", "off", "--timeout", str(TIMEOUT)]
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "pip_audit", *words, *shown],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotChecked(f"did not answer within {PATIENCE} s") from None
    if not ran.stdout.strip():
        said = ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"]
        sys.stderr.write(f"{service}: {said[-1]}\n")
        raise NotChecked("can't be reached")
    return ran.stdout


def read(report: str) -> Result:
    """The report of pip-audit.

    Raises:
        NotChecked: it is none, or the service knows none of the packages.
    """
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        raise NotChecked("gave no report") from None
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        raise NotChecked("knows none of the packages")
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    return Result(len(known), unknown, [line for package in known for line in _lines(package)])


def _lines(package: Json) -> Iterator[str]:
    for one in package["vulns"]:
        mended: Sequence[str] = one.get("fix_versions") or ["no version yet"]
        names = ", ".join([one["id"], *one.get("aliases", [])])
        yield f"{package['name']} {package['version']}: {names}; mended in {', '.join(mended)}"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
