"""`cierre.domain.credentials`: from a credential to the session that it names; on both databases."""

import secrets

import pytest

from cierre.cli import demo_data
from cierre.domain import credentials, logins, sessions
from cierre.errors import (
    RefreshTokenExpired,
    RefreshTokenInvalid,
    RefreshTokenReused,
    RefreshTokenUnknown,
    SessionAlreadyClosed,
    TokenExpired,
    TokenInvalid,
    Unauthorized,
)
from cierre.settings import DAY, MINUTE
from cierre.storage.repositories import refresh_tokens
from cierre.tokens.opaque import digest, family_of, new_refresh_token, split_sanctum
from tests.support.contexts import context, opened
from tests.support.running import ADMIN, USER

SANCTUM = f"1|{demo_data.SANCTUM_SECRET}"


@pytest.fixture
def services(service):
    return service.services


async def of_any(services, token, *, later=0):
    async with context(services, later=later) as now:
        return await credentials.of_any_token(now, services.issuer, token)


async def of_refresh(services, token, *, later=0):
    async with context(services, later=later) as now:
        return (await credentials.of_refresh_token(now, services.issuer, token)).principal


async def test_each_token_of_a_session_names_it(services):
    issued = await opened(services)
    for token in (issued.access_token, issued.refresh_token):
        principal = await of_any(services, token)
        assert (principal.user_id, principal.session_id, principal.role) == (USER, issued.session_id, "EMPLEADO")


async def test_a_sanctum_token_names_the_session_that_it_gets(services):
    first, second = await of_any(services, SANCTUM), await of_any(services, SANCTUM)
    assert first.session_id == second.session_id


@pytest.mark.parametrize(
    "token", ["", " ", "x", "a.b.c", "2|abcdefghijkl", "1|abcdefghijkl", "1|", "\u00f1", "x" * 10_000]
)
async def test_what_is_no_token_of_ours_names_none(services, token):
    with pytest.raises(Unauthorized):
        await of_any(services, token)


async def test_a_token_must_be_its_users(services):
    issued = await opened(services)
    for token in (issued.access_token, issued.refresh_token, SANCTUM):
        for user_id in (ADMIN, "", USER.upper()):
            with pytest.raises(Unauthorized):
                async with context(services) as now:
                    await credentials.of_token_of(now, services.issuer, user_id=user_id, token=token)


async def test_a_replay_by_somebody_who_is_not_its_user_closes_nothing(services, service):
    """Another user's id beside a rotated token is no reason to close that token's family."""
    issued = await opened(services)
    async with context(services) as now:
        await logins.refresh(now, services.issuer, issued.refresh_token)
    with pytest.raises(Unauthorized):
        async with context(services, later=MINUTE) as now:
            await credentials.of_token_of(now, services.issuer, user_id=ADMIN, token=issued.refresh_token)
    assert await service.audit() == []


async def test_a_refresh_token_that_is_unknown_or_expired_says_which(services):
    issued = await opened(services)
    with pytest.raises(RefreshTokenInvalid):
        await of_refresh(services, "unknown")
    with pytest.raises(RefreshTokenExpired):
        await of_refresh(services, issued.refresh_token, later=31 * DAY)


async def test_a_refresh_token_that_was_exchanged_names_its_session_within_the_grace_only(services):
    issued = await opened(services)
    async with context(services) as now:
        await logins.refresh(now, services.issuer, issued.refresh_token)
    assert (await of_refresh(services, issued.refresh_token)).session_id == issued.session_id
    with pytest.raises(RefreshTokenReused):
        await of_refresh(services, issued.refresh_token, later=MINUTE)


async def of_before(services, principal):
    """A refresh token of the session as releases before made them: it names nobody."""
    token = secrets.token_urlsafe(32) + secrets.token_urlsafe(32)
    async with context(services) as now:
        await refresh_tokens.add(
            now.tx,
            token_hash=digest(token),
            user_id=principal.user_id,
            session_id=principal.session_id,
            expires_at=now.now + DAY,
            family=digest(family_of(token)),
        )
    return token


async def test_a_refresh_token_that_does_not_name_its_user_is_exchanged_and_its_replay_is_noticed(services):
    principal = await of_any(services, (await opened(services)).access_token)
    tokens = [await of_before(services, principal)]
    for _ in range(3):
        async with context(services) as now:
            tokens.append((await logins.refresh(now, services.issuer, tokens[-1])).refresh_token)
    assert (await of_refresh(services, tokens[-1])).session_id == principal.session_id
    for presented, refusal in ((tokens[0], RefreshTokenReused), (tokens[-1], RefreshTokenInvalid)):
        with pytest.raises(refusal):
            async with context(services, later=MINUTE) as now:
                await logins.refresh(now, services.issuer, presented)


async def test_a_refresh_token_that_names_somebody_else_is_unknown(services):
    token = (await opened(services)).refresh_token
    other = new_refresh_token(ADMIN)[:16] + token[16:]
    with pytest.raises(RefreshTokenUnknown):
        await of_refresh(services, other)
    assert (await of_refresh(services, token)).user_id == USER


async def test_a_closed_sessions_tokens_still_name_it_so_that_a_repeat_is_recognised(services):
    issued = await opened(services)
    principal = await of_any(services, issued.access_token)
    async with context(services) as now:
        await sessions.logout(now, principal)
    for token in (issued.access_token, issued.refresh_token):
        again = await of_any(services, token)
        with pytest.raises(SessionAlreadyClosed):
            async with context(services) as now:
                await sessions.logout(now, again)


@pytest.mark.parametrize("closed", [False, True])
async def test_an_expired_access_token_says_whether_a_refresh_would_help(start_service, database_url, closed):
    service = await start_service(database_url, access_ttl=1000)
    (minted,) = await service.mint(age=5000)
    if closed:
        principal = await of_refresh(service.services, minted.refresh)
        async with context(service.services) as now:
            await sessions.logout(now, principal)
    with pytest.raises(TokenExpired) as expired:
        await of_any(service.services, minted.access)
    assert expired.value.can_refresh is not closed


async def test_two_tokens_under_one_id_are_told_apart(services):
    number, secret_hash = split_sanctum(SANCTUM)
    async with context(services) as now:
        assert (await credentials.of_sanctum_token(now, number, secret_hash)).user_id == USER
        with pytest.raises(TokenInvalid):
            await credentials.of_sanctum_token(now, number, "0" * 64)
