"""The alerts are rules that Prometheus takes, of metrics that there are, and each has a runbook."""

import re
import shutil
import subprocess
from typing import get_args

import pytest
import yaml

from cierre.metrics.instruments import Metrics
from cierre.metrics.offenders import Kind
from tests.conftest import missing
from tests.support.paths import ROOT

FOLDER = ROOT / "ops" / "prometheus"
RULES = FOLDER / "cierre.rules.yaml"
ALERTS = {
    rule["alert"]: rule
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
# Document 003's four, and what an operator needs beside them.
PROMISED = {
    "CierreLogoutPeak",
    "CierreFailedAttempts",
    "CierreMassLogout",
    "CierreSlowLogouts",
    "CierreRevocationsLate",
    "CierreSweeperStopped",
    "CierreClockOff",
    "CierreDatabaseAway",
    "CierreOutboxGrowing",
    "CierreDeliveriesFailing",
}


@pytest.fixture
def promtool():
    found = shutil.which("promtool")
    if found is None:
        missing("promtool is not here (Debian's package prometheus): no rule was checked by Prometheus itself")

    def run(*arguments):
        return subprocess.run([found, *arguments], capture_output=True, text=True, check=False, timeout=60)

    return run


@pytest.mark.parametrize(
    "arguments", [("check", "rules", str(RULES)), ("test", "rules", str(FOLDER / "cierre.tests.yaml"))]
)
def test_prometheus_takes_the_rules_and_they_fire_when_they_should(promtool, arguments):
    done = promtool(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_and_alertmanager_take_their_configuration(promtool):
    done = promtool("check", "config", str(FOLDER / "prometheus.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr
    amtool = shutil.which("amtool")
    if amtool is None:
        missing("amtool is not here (Debian's package prometheus-alertmanager): its configuration was not checked")
    command = [amtool, "check-config", str(FOLDER / "alertmanager.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_was_promised_has_an_alert():
    assert set(ALERTS) == PROMISED


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_is_of_metrics_that_there_are(name):
    known = {collector._name for collector in Metrics().registry._collector_to_names}
    suffix = re.compile(r"_(total|bucket|sum|count)$")
    for metric in re.findall(r"\bcierre_\w+", ALERTS[name]["expr"]):
        assert suffix.sub("", metric) in known


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_has_a_runbook_and_words_in_both_languages(name):
    annotations = ALERTS[name]["annotations"]
    path, _, anchor = annotations["runbook"].partition("#")
    headings = re.findall(r"^### (.+)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert name in headings
    assert anchor == name.lower()
    assert annotations["summary"]
    assert annotations["resumen"]


@pytest.mark.parametrize("name", ["CierreLogoutPeak", "CierreFailedAttempts", "CierreMassLogout"])
def test_an_alert_that_somebody_causes_leads_to_whoever_does(name):
    who = ALERTS[name]["annotations"]["who"]
    kind = re.fullmatch(r"GET /api/v1/admin/suspicions\?kind=(\w+)", who)[1]
    assert kind in get_args(Kind)


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_is_tested_to_fire_and_not_to(name):
    tests = yaml.safe_load((FOLDER / "cierre.tests.yaml").read_text(encoding="utf-8"))["tests"]
    quiet = {one["alertname"] for test in tests for one in test.get("alert_rule_test", ())}
    fired = str([test.get("promql_expr_test") for test in tests])
    assert name in quiet
    assert name in fired
