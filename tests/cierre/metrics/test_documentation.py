"""The table of the metrics in docs/operations.md is what is served."""

import re

from cierre.metrics.instruments import Metrics
from tests.support.paths import ROOT

TABLE = re.search(
    r"<!-- metrics -->\n(.*?)<!-- /metrics -->", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL
)[1]


def test_the_table_is_what_is_served():
    documented = {}
    for line in TABLE.splitlines()[2:]:
        name, kind, labels, what = (cell.strip() for cell in line.strip("|").split("|"))
        assert what
        documented[name.strip("`")] = (kind, tuple(re.findall(r"`(\w+)`", labels)))
    metrics = Metrics()
    served = {}
    for metric in metrics.registry._collector_to_names:
        served[metric._name] = (metric._type, tuple(metric._labelnames))
    assert documented == served


async def test_what_is_served_is_in_the_table(start_service, sqlite_url):
    service = await start_service(sqlite_url)
    text = (await service.client.get("/metrics", headers={"Accept": "application/openmetrics-text"})).text
    assert set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)) == set(
        re.findall(r"^\| `(\w+)`", TABLE, re.MULTILINE)
    )
