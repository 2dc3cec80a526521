"""Scenarios are switched on, off and reset: by the API, by the client, for one session."""

import asyncio

import pytest

from cierre.mocks import mock_app
from cierre.mocks.client import MockClient
from cierre.mocks.serving.reload import reload_on_edit
from cierre.mocks.serving.threaded import ThreadedMock
from tests.support.console import Console
from tests.support.flows import SHOP, playing

TWO = """
scenarios:
  once:
    description: Once, and no more.
    steps:
      - operation: getPayment
        answers: [{status: 401, times: 1}]
  never:
    on: false
    steps:
      - operation: getPayment
        answers: [{status: 401}]
"""


async def statuses(mock, count, **headers):
    headers = {name.replace("_", "-"): text for name, text in headers.items()}
    return [(await mock.http.get("/payments/1", headers=headers)).status_code for _ in range(count)]


async def test_they_are_listed_switched_and_reset(tmp_path):
    mock = playing(tmp_path, TWO)
    listed = (await mock.ask("GET", "scenarios")).json()["scenarios"]
    assert [(one["name"], one["on"]) for one in listed] == [("once", True), ("never", False)]
    assert (listed[0]["description"], listed[0]["place"]) == (
        "Once, and no more.",
        f"{tmp_path}/scenario.yaml:3:3",
    )
    assert await statuses(mock, 2) == [401, 200]
    assert (await mock.ask("POST", "scenarios/reset")).status_code == 204
    assert await statuses(mock, 2) == [401, 200]
    switched = await mock.ask("PUT", "scenarios", json={"on": ["never"]})
    assert [one["on"] for one in switched.json()["scenarios"]] == [False, True]
    assert await statuses(mock, 2) == [401, 401]
    await mock.ask("PUT", "scenarios", json={"on": []})
    assert await statuses(mock, 1) == [200]
    unknown = await mock.ask("PUT", "scenarios", json={"on": ["nver"]})
    assert (unknown.status_code, unknown.json()["detail"]) == (
        404,
        "no scenario is named 'nver'; there are: once, never",
    )


async def test_a_session_has_its_own(tmp_path):
    mock = playing(tmp_path, TWO)
    # Each is counted for itself …
    assert await statuses(mock, 2, Mock_Session="one") == [401, 200]
    assert await statuses(mock, 2) == [401, 200]
    # … and switched for itself.
    await mock.ask("PUT", "scenarios", json={"on": ["never"]}, headers={"Mock-Session": "two"})
    assert await statuses(mock, 2, Mock_Session="two") == [401, 401]
    assert await statuses(mock, 1) == [200]
    listed = (await mock.ask("GET", "scenarios", headers={"Mock-Session": "two"})).json()["scenarios"]
    assert [one["on"] for one in listed] == [False, True]
    await mock.ask("POST", "scenarios/reset", headers={"Mock-Session": "one"})
    assert (await statuses(mock, 1, Mock_Session="one"), await statuses(mock, 1)) == ([401], [200])


async def test_a_mock_without_scenarios_has_none_and_its_schema():
    console = Console()
    assert (await console.ask("GET", "scenarios")).json() == {"scenarios": []}
    assert (await console.ask("PUT", "scenarios", json={"on": ["x"]})).status_code == 404
    assert (await console.ask("POST", "scenarios/reset")).status_code == 204
    answer = await console.ask("GET", "scenario.schema.json")
    assert "createBook" in answer.json()["$defs"]["operation"]["enum"]


def test_the_client_switches_them(tmp_path):
    file = tmp_path / "scenario.yaml"
    file.write_text(TWO, encoding="utf-8")
    with ThreadedMock(mock_app(SHOP, scenarios=[file])) as mock, MockClient(mock.url, session="mine") as client:
        client.scenarios("never")
        with pytest.raises(ValueError, match="there are: once, never"):
            client.scenarios("nver")
        mock.client.scenarios()
        client.reset_scenarios()
        on = [(one["name"], one["on"]) for one in client._ask("GET", "/scenarios").json()["scenarios"]]
        assert on == [("once", False), ("never", True)]


async def test_an_edit_of_the_file_is_served_and_a_broken_one_leaves_the_last(tmp_path):
    mock = playing(tmp_path, TWO)
    file = tmp_path / "scenario.yaml"
    document = mock.app.document.__class__
    stop = reload_on_edit(lambda: document(SHOP, "shop"), mock.app.log)(mock.app)
    try:
        file.write_text(TWO.replace("times: 1", "times: 0"), encoding="utf-8")
        await asyncio.sleep(0.5)
        assert await statuses(mock, 2) == [401, 200]
        file.write_text(TWO.replace("times: 1", "times: 2"), encoding="utf-8")
        for _ in range(200):
            await mock.ask("POST", "scenarios/reset")
            if await statuses(mock, 3) == [401, 401, 200]:
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("the edit is not served")
    finally:
        await stop()
