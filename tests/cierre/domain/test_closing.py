"""`cierre.domain.closing`: whatever is closed is announced, once it is committed, and nothing else is."""

from functools import partial

import pytest

from cierre.domain import closing
from cierre.errors import UserNotFound
from tests.support.contexts import context
from tests.support.running import USER

WAYS = {
    "one": lambda now, first, _second: closing.close_one(now, USER, first, closing.SINGLE_DEVICE),
    "device": lambda now, _first, _second: closing.close_device(now, USER, "minted-0", closing.SPECIFIC_DEVICE),
    "others": lambda now, _first, second: closing.close_others(now, USER, second, closing.automatic("password_change")),
    "all": lambda now, _first, _second: closing.close_all(now, USER, closing.by_administrator("x")),
}
every_way = pytest.mark.parametrize("close", WAYS.values(), ids=WAYS)


@pytest.fixture
def services(service):
    return service.services


def denied(services, session):
    epoch = services.issuer.tokens.verify(session.access).epoch
    return services.denylist.denies(session.session_id, USER, epoch)


@every_way
async def test_what_is_closed_is_denied_on_this_node_at_once(service, services, close):
    first, second = await service.mint(2)
    async with context(services) as now:
        result = await close(now, first.session_id, second.session_id)
    assert result.sessions_closed >= 1
    assert (denied(services, first), denied(services, second)) == (True, result.sessions_closed == 2)


@every_way
async def test_what_is_rolled_back_is_not_announced(service, services, close):
    first, second = await service.mint(2)

    async def close_and_fail(now):
        async with now.tx.atomic():
            await close(now, first.session_id, second.session_id)
            raise UserNotFound(USER)

    async with context(services) as now:
        with pytest.raises(UserNotFound):
            await close_and_fail(now)
    assert not denied(services, first)
    assert [row["closed_at"] for row in await service.rows("SELECT closed_at FROM sessions")] == [None, None]


@every_way
async def test_a_second_closing_closes_nothing_and_says_whose_sessions_they_were(service, services, close):
    first, second = await service.mint(2)
    async with context(services) as now:
        await close(now, first.session_id, second.session_id)
        again = await close(now, first.session_id, second.session_id)
    assert (again.sessions_closed, again.device_ids, again.email) == (0, (), "usuario@ejemplo.com")


async def test_a_condition_that_fails_leaves_all_sessions_open(service, services):
    (session,) = await service.mint()

    async def refuse(error):
        raise error

    async with context(services) as now:
        with pytest.raises(UserNotFound):
            await closing.close_all(now, USER, closing.ALL_DEVICES, require=partial(refuse, UserNotFound(USER)))
    assert not denied(services, session)
    assert (await service.sessions(session.access)).status_code == 200
