"""`python -m tests.vulnerabilities` says what it knows; and ruff looks for what bandit looks for."""

import json
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests import steps, vulnerabilities
from tests.support.paths import ROOT

GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {
    "name": "pyyaml",
    "version": "5.3",
    "vulns": [{"id": "PYSEC-2020-96", "fix_versions": ["5.3.1"], "aliases": ["CVE-2020-1747"]}],
}
UNKNOWN = {"name": "good", "skip_reason": "Dependency not found on PyPI and could not be audited: good (1.0)"}


@pytest.fixture
def services(monkeypatch):
    """`services(pypi=…, osv=…)`: what each says of the vulnerable package, and of the lock; None: it is away."""

    def prepare(**answers):
        def answer(service, pins):
            of_vulnerable, of_lock = answers[service] or (None, None)
            packages = of_vulnerable if pins.read_text() == vulnerabilities.VULNERABLE else of_lock
            if packages is None:
                raise vulnerabilities.NotChecked("can't be reached")
            return json.dumps({"dependencies": packages})

        monkeypatch.setattr(vulnerabilities, "pip_audit", answer)

    return prepare


def last_line(capsys):
    return capsys.readouterr().out.splitlines()[-1]


def test_a_vulnerability_that_is_found_fails_and_is_named(services, capsys):
    services(pypi=([BAD], [GOOD, BAD]))
    assert vulnerabilities.main() == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "pyyaml 5.3: PYSEC-2020-96, CVE-2020-1747; mended in 5.3.1",
        "1 known vulnerabilities in 2 packages (pypi)",
    ]


def test_where_none_is_known_the_number_of_packages_is_told(services, capsys):
    services(pypi=([BAD], [GOOD, GOOD]))
    assert vulnerabilities.main() == 0
    assert last_line(capsys) == "no known vulnerability in 2 packages (pypi)"


def test_a_package_that_the_service_does_not_know_is_no_pass(services, capsys):
    services(pypi=([BAD], [GOOD, UNKNOWN]))
    assert vulnerabilities.main() == 0
    assert last_line(capsys) == "no known vulnerability in 1 packages, 1 not checked (pypi)"


def test_the_next_service_is_asked_where_one_is_away(services, capsys):
    services(pypi=None, osv=([BAD], [BAD]))
    assert vulnerabilities.main() == 1
    assert last_line(capsys) == "1 known vulnerabilities in 1 packages (osv)"


@pytest.mark.parametrize(
    ("pypi", "why"),
    [
        (None, "pypi can't be reached"),
        (([UNKNOWN], [UNKNOWN]), "pypi knows none of the packages"),
        # An index that mirrors PyPI's packages without its advisories.
        (([GOOD], [GOOD]), "pypi does not know that pyyaml==5.3 is vulnerable"),
    ],
)
def test_a_service_that_knows_nothing_is_not_checked_and_no_failure(services, capsys, pypi, why):
    services(pypi=pypi, osv=None)
    assert vulnerabilities.main() == 0
    assert last_line(capsys) == f"not checked: {why}; osv can't be reached"


class Advisories(BaseHTTPRequestHandler):
    """OSV's interface: it knows of one vulnerable package."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        bad = (asked["package"]["name"], asked["version"]) == ("pyyaml", "5.3")
        advisory = {"id": "PYSEC-2020-96", "aliases": [], "affected": [], "modified": "2020-01-01T00:00:00Z"}
        body = json.dumps({"vulns": [advisory]} if bad else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("pins", "code", "last"),
    [
        ("jinja2==3.1.6\n", 0, "no known vulnerability in 1 packages (osv)"),
        ("jinja2==3.1.6\npyyaml==5.3\n", 1, "1 known vulnerabilities in 2 packages (osv)"),
    ],
)
def test_pip_audit_itself_is_understood(monkeypatch, tmp_path, capsys, pins, code, last):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "lock").write_text(pins)
    monkeypatch.setattr(vulnerabilities, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(vulnerabilities, "SERVICES", ("osv",))
    monkeypatch.setattr(vulnerabilities, "OSV", f"http://127.0.0.1:{server.server_port}/v1/query")
    try:
        assert vulnerabilities.main() == code
    finally:
        server.shutdown()
        server.server_close()
    assert last_line(capsys) == last


def test_it_is_a_step_of_make_test():
    (step,) = [one for one in steps.SHORT if one.name == "audit"]
    assert step.commands == ("python -m tests.vulnerabilities",)


def test_the_rules_of_bandit_are_on_where_it_matters():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"], "S, bandit's rules, among them"
    # Assertions, and names such as `token`; tests and benchmarks run programs and hold passwords; a release runs tools.
    assert {rule for rule in lint["ignore"] if rule.startswith("S") and rule[1:].isdecimal()} == {
        "S101",
        "S105",
        "S106",
        "S107",
    }
    off = {
        where: [rule for rule in rules if rule[0] == "S" and rule[1:2] in {"", *"0123456789"}]
        for where, rules in lint["per-file-ignores"].items()
    }
    assert {where: rules for where, rules in off.items() if rules} == {
        "tests/**": ["S"],
        "benchmarks/**": ["S"],
        "release/**": ["S603", "S607"],
        "contract_tests/**": ["S311"],
        "mocks/**": ["S311"],
    }
