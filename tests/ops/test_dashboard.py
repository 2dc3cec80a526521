"""The dashboard for Grafana asks for metrics that there are, by labels that they have."""

import json
import re

import pytest

from cierre.metrics.instruments import Metrics
from tests.support.paths import ROOT

DASHBOARD = json.loads((ROOT / "ops" / "grafana" / "cierre.json").read_text(encoding="utf-8"))
QUERIES = [
    pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", [])
]
LABELS = {collector._name: set(collector._labelnames) for collector in Metrics().registry._collector_to_names}
# Prometheus' own.
OF_ALL = {"le", "instance", "job"}
SUFFIX = re.compile(r"_(total|bucket|sum|count)$")


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_of_metrics_that_there_are_and_of_their_labels(query):
    metrics = {SUFFIX.sub("", name) for name in re.findall(r"\bcierre_\w+", query)}
    assert metrics
    assert metrics <= LABELS.keys()
    named = set(re.findall(r"(\w+)=~?\"", query))
    for group in re.findall(r"by \(([^)]*)\)", query):
        named |= set(group.replace(" ", "").split(","))
    assert named <= OF_ALL.union(*(LABELS[name] for name in metrics))


def test_every_metric_is_on_it():
    asked = " ".join(param.values[0] for param in QUERIES)
    shown = {SUFFIX.sub("", name) for name in re.findall(r"\bcierre_\w+", asked)}
    assert shown == LABELS.keys()


def test_it_has_the_distribution_of_document_003_as_it_really_is():
    (panel,) = [panel for panel in DASHBOARD["panels"] if panel["type"] == "piechart"]
    assert "by (type)" in panel["targets"][0]["expr"]
    for share in ("85 %", "12 %", "2 %", "1 %"):
        assert share in panel["description"]


def test_panels_have_numbers_of_their_own_and_do_not_overlap():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & places
        places |= cells
