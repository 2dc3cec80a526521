"""`cierre.domain.sessions`: closing sessions, on both databases, without HTTP."""

import pytest

from cierre.domain import logins, sessions
from cierre.errors import (
    DeviceSessionNotFound,
    SessionAlreadyClosed,
    SessionUnknown,
    TokenInvalid,
    TokenRevoked,
    UserNotFound,
)
from cierre.principal import Principal
from cierre.settings import DAY
from tests.support.contexts import context, opened
from tests.support.running import ADMIN, SUPERVISOR, USER

ANOTHER = Principal(USER, "f" * 24, "EMPLEADO", "cierre", "nowhere")


@pytest.fixture
def services(service):
    return service.services


async def log_in(services, device="a-device", user_id=USER):
    """The principal of a new session."""
    issued = await opened(services, user_id, device_id=device)
    return Principal(issued.user_id, issued.session_id, issued.role, issued.client_id, device)


async def close(services, principal, **what):
    async with context(services) as now:
        return await sessions.logout(now, principal, **what)


async def test_closing_ones_session_says_what_was_closed_and_what_is_left(services):
    mine, _ = [await log_in(services, device) for device in ("one", "two")]
    result = await close(services, mine)
    assert (result.sessions_closed, result.device_ids, result.logout_type) == (1, ("one",), "single_device")
    assert (result.user_id, result.email, result.active_sessions) == (USER, "usuario@ejemplo.com", 1)


async def test_several_sessions_on_one_device_are_all_closed_and_the_device_is_named_once(services):
    mine, *_ = [await log_in(services, device) for device in ("one", "two", "two", "two")]
    result = await close(services, mine, device_id="two")
    assert (result.sessions_closed, result.device_ids, result.active_sessions) == (3, ("two",), 1)


async def test_closing_by_ones_own_device_is_specific_device(services):
    result = await close(services, await log_in(services, "one"), device_id="one")
    assert (result.logout_type, result.active_sessions) == ("specific_device", 0)


async def test_closing_all_closes_the_asking_session_too_and_nobody_elses(services):
    mine, *_ = [await log_in(services, device) for device in ("one", "two", "one")]
    await log_in(services, user_id=SUPERVISOR)
    result = await close(services, mine, logout_all=True)
    assert (result.sessions_closed, set(result.device_ids), result.active_sessions) == (3, {"one", "two"}, 0)


@pytest.mark.parametrize("what", [{}, {"logout_all": True}, {"device_id": "one"}])
async def test_a_second_logout_closes_nothing_and_tells_when_the_first_was(services, service, what):
    mine = await log_in(services, "one")
    await log_in(services, "two")
    first = await close(services, mine)
    with pytest.raises(SessionAlreadyClosed) as repeat:
        await close(services, mine, **what)
    assert repeat.value.closed_at == first.logged_out_at
    assert len(await service.audit()) == 1


@pytest.mark.parametrize("what", [{}, {"logout_all": True}, {"device_id": "one"}])
async def test_leniently_a_second_logout_is_a_success_that_closes_nothing(services, what):
    mine = await log_in(services, "one")
    await log_in(services, "two")
    first = await close(services, mine)
    result = await close(services, mine, lenient=True, **what)
    assert (result.sessions_closed, result.logged_out_at, result.active_sessions) == (0, first.logged_out_at, 1)


@pytest.mark.parametrize("what", [{}, {"logout_all": True}, {"device_id": "one"}, {"lenient": True}])
async def test_a_session_that_never_was_closes_nothing(services, what):
    await log_in(services, "one")
    with pytest.raises(TokenInvalid):
        await close(services, ANOTHER, **what)
    async with context(services) as now:
        assert len((await sessions.list_sessions(now, ANOTHER)).sessions) == 1


async def test_an_unknown_device_is_told_with_the_number_of_open_sessions(services):
    mine, _ = [await log_in(services, device) for device in ("one", "two")]
    with pytest.raises(DeviceSessionNotFound) as unknown:
        await close(services, mine, device_id="three")
    assert (unknown.value.device_id, unknown.value.active_sessions) == ("three", 2)


async def test_a_device_whose_sessions_are_closed_is_unknown(services):
    mine, other = [await log_in(services, device) for device in ("one", "two")]
    await close(services, other)
    with pytest.raises(DeviceSessionNotFound):
        await close(services, mine, device_id="two")


async def test_an_administrator_closes_all_of_a_user_with_his_reason(services, service):
    for device in ("one", "two"):
        await log_in(services, device)
    async with context(services) as now:
        result = await sessions.force_logout(now, user_id=USER, reason="security_incident")
    assert (result.sessions_closed, result.logout_type, result.email) == (2, "admin_forced", "usuario@ejemplo.com")
    assert {row["reason"] for row in await service.audit()} == {"security_incident"}


async def test_forcing_out_a_user_without_open_sessions_closes_none(services, service):
    async with context(services) as now:
        result = await sessions.force_logout(now, user_id=ADMIN, reason="x")
    assert (result.sessions_closed, result.device_ids, result.active_sessions) == (0, (), 0)
    assert await service.audit() == []


async def test_forcing_out_nobody_is_an_error(services):
    with pytest.raises(UserNotFound):
        async with context(services) as now:
            await sessions.force_logout(now, user_id="0" * 24, reason="x")


async def test_the_list_shows_open_sessions_newest_first_and_which_one_asks(services):
    mine, closed, other = [await log_in(services, device) for device in ("one", "two", "three")]
    await close(services, closed)
    async with context(services) as now:
        listed = (await sessions.list_sessions(now, mine)).sessions
    assert {one.session_id: one.current for one in listed} == {mine.session_id: True, other.session_id: False}
    assert [one.created_at for one in listed] == sorted((one.created_at for one in listed), reverse=True)


async def look_up(services, principal, session_id, **more):
    async with context(services, **more) as now:
        return await sessions.get_session(now, principal, session_id=session_id)


async def test_an_active_session_is_shown_with_what_the_list_says_of_it(services):
    mine, other = [await log_in(services, device) for device in ("one", "two")]
    found = [await look_up(services, mine, one.session_id) for one in (mine, other)]
    assert [one.session_id for one in found] == [mine.session_id, other.session_id]
    assert [(one.device_id, one.client_id, one.current) for one in found] == [
        ("one", "cierre", True),
        ("two", "cierre", False),
    ]
    assert {(one.closed_at, one.logout_reason) for one in found} == {(None, None)}


async def test_a_closed_session_is_shown_with_when_and_by_whom_it_was_closed(services):
    mine, other = [await log_in(services, device) for device in ("one", "two")]
    result = await close(services, other)
    found = await look_up(services, mine, other.session_id)
    assert (found.closed_at, found.logout_reason) == (result.logged_out_at, "user_logout")


async def test_who_closed_a_session_can_be_told_apart(services):
    first = await log_in(services, "one")
    async with context(services) as now:
        await sessions.force_logout(now, user_id=USER, reason="security_incident")
    again = await log_in(services, "one")
    assert (await look_up(services, again, first.session_id)).logout_reason == "admin_logout"


@pytest.mark.parametrize("whose", [SUPERVISOR, ADMIN])
async def test_a_session_of_another_user_is_unknown_to_everybody(services, whose):
    mine, other = await log_in(services), await log_in(services, user_id=whose)
    for asking, asked in ((mine, other), (other, mine), (mine, ANOTHER)):
        with pytest.raises(SessionUnknown) as unknown:
            await look_up(services, asking, asked.session_id)
        assert unknown.value.session_id == asked.session_id


@pytest.mark.parametrize(("later", "reason"), [(15 * DAY, "inactivity"), (91 * DAY, "expired")])
async def test_a_session_whose_time_is_over_is_closed_when_it_is_looked_up(services, service, later, reason):
    old = await log_in(services, "one")
    async with context(services, later=later) as now:
        account = await logins.find_account(now, "usuario@ejemplo.com")
        issued = await logins.login(now, services.issuer, account, client_id="cierre", device_id="two")
    asking = Principal(issued.user_id, issued.session_id, issued.role, issued.client_id, "two")
    found = await look_up(services, asking, old.session_id, later=later)
    assert found.logout_reason == "security_logout"
    (row,) = await service.audit()
    assert (row["session_id"], row["reason"], row["timestamp"]) == (old.session_id, reason, found.closed_at)
    assert await look_up(services, asking, old.session_id, later=later + 1) == found


@pytest.mark.parametrize(("later", "reason"), [(15 * DAY, "inactivity"), (91 * DAY, "expired")])
async def test_a_session_whose_time_is_over_is_closed_when_it_is_used(services, service, later, reason):
    mine = await log_in(services)
    with pytest.raises(TokenRevoked):
        async with context(services, later=later) as now:
            await sessions.require_open(now, mine)
    (row,) = await service.audit()
    assert (row["event"], row["logout_type"], row["reason"]) == ("security_logout", "automatic", reason)


async def test_a_session_in_its_time_stays_open_however_often_it_is_asked_for(services, service):
    mine = await log_in(services)
    for later in (1, 13 * DAY):
        async with context(services, later=later) as now:
            assert (await sessions.require_open(now, mine))["id"] == mine.session_id
    assert [row for row in await service.audit() if row["sessions_closed"]] == []


async def test_a_session_past_its_lifetime_is_counted_as_open_no_longer(services):
    mine = await log_in(services, "one")
    async with context(services, later=91 * DAY) as now:
        account = await logins.find_account(now, "usuario@ejemplo.com")
        await logins.login(now, services.issuer, account, client_id="cierre", device_id="two")
        listed = await sessions.list_sessions(now, mine)
    assert [one.device_id for one in listed.sessions] == ["two"]


async def test_the_audit_names_how_long_the_session_was_open(services, service):
    mine = await log_in(services)
    async with context(services, later=7_200_000) as now:
        await sessions.logout(now, mine)
    (row,) = await service.audit()
    assert 7_200_000 <= row["session_duration"] < 7_260_000
