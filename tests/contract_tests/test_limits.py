"""`--limits`: quotas are spent on purpose; a server that refuses wrongly is found, and by nothing else."""

import pytest

from cierre.contract_tests.limit_fields import LimitState, limit_states, seconds
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import Contract, Options
from tests.support import limited, toy


def outcome_of(fault, **options):
    with toy.serving(limited.Limited(fault).app()) as url:
        chosen = Options(url=url, seed=1, **{"examples": 2, "limits": True, **options})
        return plan(Contract(limited.CONTRACT), chosen).run(Quiet())


def test_good_limits_have_no_finding():
    report = outcome_of("")

    assert (report.findings, report.errors) == ([], [])
    assert any(seen.status == 429 for seen in report.exchanges)
    assert [one.status for one in report.scenarios if one.phase == "limits"] == ["success"]


@pytest.mark.parametrize("fault", limited.FAULTS)
def test_a_wrong_refusal_is_found_when_the_quota_is_spent(fault):
    report = outcome_of(fault, phases=("limits",))

    assert limited.FAULTS[fault] in {one.check for one in report.findings}


@pytest.mark.parametrize("fault", limited.FAULTS)
def test_nothing_else_finds_it(fault):
    report = outcome_of(fault, limits=False)

    assert (report.findings, report.errors) == ([], [])


def test_a_server_that_limits_is_tested_to_its_end(monkeypatch):
    monkeypatch.setattr(limited, "QUOTA", 3)
    monkeypatch.setattr(limited, "WINDOW", 900)
    report = outcome_of("", examples=20)

    assert (report.findings, report.errors, report.exit_code) == ([], [], 0)
    assert any("GET /items" in note for note in report.notes)
    without = outcome_of("", examples=20, limits=False)
    assert "--limits" in without.errors[0]


def test_the_fields_of_limits_are_read():
    draft = {"RateLimit-Policy": '"ip";q=30;w=300, "user";q=60;w=60', "RateLimit": '"ip";r=0;t=12'}
    old = {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "5"}

    assert limit_states(draft.get) == {"ip": LimitState("ip", 30, 300, 0, 12), "user": LimitState("user", 60, 60)}
    assert limit_states(old.get) == {"": LimitState("", 10, None, 0, 5)}
    assert limit_states({"RateLimit": "nonsense", "X-RateLimit-Limit": "ten"}.get) == {}


@pytest.mark.parametrize(
    ("field", "expected"),
    [("12", 12.0), ("soon", None), ("", None), (None, None), ("1.5", None), ("Fri, 31 Dec 1999 23:59:59 GMT", "past")],
)
def test_retry_after_is_seconds_or_a_date(field, expected):
    known = seconds(field)

    assert known < 0 if expected == "past" else known == expected


def test_requests_come_from_other_addresses_of_this_machine():
    hosts = set()

    async def app(scope, _receive, send):
        hosts.add(scope["client"][0])
        await send({"type": "http.response.start", "status": 429, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with toy.serving(app) as url:
        plan(Contract(limited.CONTRACT), Options(url=url, seed=1, examples=1, limits=True)).run(Quiet())

    assert len(hosts) > 2
