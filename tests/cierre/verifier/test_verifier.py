"""What a resource server imports: it refuses what the service refuses, as soon, and never for want of knowing."""

import asyncio
import subprocess
import sys
import time

import httpx
import jwt
import pytest

from cierre.tokens import key_files
from cierre.tokens.access_tokens import AccessTokens
from cierre.verifier import (
    BearerAuth,
    Expired,
    Introspection,
    Invalid,
    Missing,
    Refused,
    Revoked,
    ThreadedVerifier,
    Unavailable,
    Verifier,
)
from tests.support.eventually import eventually
from tests.support.running import USER, bearer, lifespan, login_over_http, run_apart

ISSUER = "http://cierre.test"


async def refusal(verifier, token):
    """The kind of the refusal; None: it was let in."""
    try:
        await verifier.verify(token)
    except Refused as refused:
        return type(refused)
    return None


@pytest.fixture
async def verifying(service, database_url):
    """`await verifying(**arguments)`: a verifier that finds the issuer's keys in the service of this process."""
    started = []

    async def start(**given):
        arguments = {"issuer": ISSUER, "revocations": database_url, "client": service.client, "poll_interval": 50}
        verifier = Verifier(**arguments | given)
        await verifier.start()
        started.append(verifier)
        return verifier

    yield start
    for verifier in started:
        await verifier.stop()


def test_importing_it_imports_no_server_and_no_driver():
    unwanted = {"connexion", "uvicorn", "starlette", "sqlalchemy", "asyncpg", "redis", "cierre.storage"}
    code = f"import sys, cierre.verifier; print([name for name in sys.modules if name in {unwanted}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_good_token_says_who_asks(service, verifying):
    data = await service.login(deviceId="phone-1")
    access = await (await verifying()).verify(data["accessToken"])
    assert (access.user_id, access.session_id, access.device_id) == (USER, data["sessionId"], "phone-1")
    assert (access.role, access.client_id) == ("EMPLEADO", "cierre")


async def test_what_was_closed_before_the_start_is_refused(service, verifying):
    one, other = await service.mint(2)
    await service.logout(one.access)
    verifier = await verifying()
    assert await refusal(verifier, one.access) is Revoked
    assert await refusal(verifier, other.access) is None


async def test_what_is_closed_afterwards_is_refused_by_the_next_look(service, verifying):
    verifier = await verifying()
    one, all_of_them = await service.mint(2)
    assert await refusal(verifier, one.access) is None
    await service.logout(one.access)
    await eventually(lambda: verifier.denylist.denies(one.session_id, USER, 0), 2)
    assert await refusal(verifier, one.access) is Revoked
    await service.logout(all_of_them.access, {"logoutAll": True})
    await eventually(lambda: verifier.denylist.denies(all_of_them.session_id, USER, 0), 2)
    later = await service.login()
    assert await refusal(verifier, later["accessToken"]) is None


async def test_a_denylist_that_is_too_old_lets_nobody_in(service, verifying, monkeypatch):
    verifier = await verifying(max_age=0.3)
    one, closed = await service.mint(2)
    await service.logout(closed.access)
    await eventually(lambda: verifier.denylist.denies(closed.session_id, USER, 0))
    monkeypatch.setattr("cierre.storage.repositories.revocations.horizon", lambda _: asyncio.sleep(60))
    assert await refusal(verifier, one.access) is None
    await asyncio.sleep(0.6)
    assert await refusal(verifier, one.access) is Unavailable
    assert await refusal(verifier, closed.access) is Revoked, "what is known to be dead needs no source"


async def test_forged_and_foreign_tokens_are_invalid(service, verifying, tmp_path):
    verifier = await verifying()
    (one,) = await service.mint()
    foreign = key_files.KeyRing(tmp_path / "foreign", algorithm="RS256", keep=1000)
    claims = jwt.decode(one.access, options={"verify_signature": False})
    ours = service.services.keys.signing()
    for header, key in (
        ({"typ": "JWT", "kid": ours.kid}, ours),
        ({"typ": "at+jwt", "kid": ours.kid}, foreign.signing()),
        ({"typ": "at+jwt", "kid": foreign.signing().kid}, foreign.signing()),
    ):
        token = jwt.encode(claims, key.private, algorithm="RS256", headers=header)
        assert await refusal(verifier, token) is Invalid
    for token in ("", "a.b.c", one.refresh, "1|abcdef1234567890", one.access + "\n", one.access[:-2]):
        assert await refusal(verifier, token) is Invalid
    other = AccessTokens(service.services.keys, issuer=ISSUER, audience="others", ttl=900_000)
    principal = service.services.issuer.tokens.verify(one.access).principal
    assert await refusal(verifier, other.issue(principal, epoch=0, at=time.time_ns() // 10**6)) is Invalid


async def test_an_expired_token_is_expired(service, verifying):
    (one,) = await service.mint(age=3_600_000)
    assert await refusal(await verifying(), one.access) is Expired


async def test_a_rotation_costs_one_fetch_and_unknown_keys_cost_no_storm(service, verifying, data_dir, monkeypatch):
    fetched = []
    get = service.client.get

    async def counting(url, **more):
        fetched.append(url)
        return await get(url, **more)

    monkeypatch.setattr(service.client, "get", counting)
    monkeypatch.setattr("cierre.tokens.key_files._RELOAD_INTERVAL", 0.0)
    verifier = await verifying()
    (before,) = await service.mint()
    await verifier.verify(before.access)
    assert len(fetched) == 1
    for _ in range(50):
        token = jwt.encode({}, "x" * 32, headers={"typ": "at+jwt", "kid": f"nobody-{_}", "alg": "HS256"})
        assert await refusal(verifier, token) is Invalid
    assert len(fetched) == 1, "one was a moment ago"
    key_files.rotate(data_dir / "keys", "ES256")
    (after,) = await service.mint()
    verifier._jwks._tried_at -= 6
    await asyncio.gather(*[verifier.verify(after.access) for _ in range(20)])
    await verifier.verify(before.access)
    assert len(fetched) == 2


async def test_keys_outlive_an_issuer_that_is_away(service, verifying, monkeypatch):
    verifier = await verifying()
    (one,) = await service.mint()

    async def away(_url, **_):
        raise httpx.ConnectError("away")

    monkeypatch.setattr(service.client, "get", away)
    verifier._jwks._fetched_at -= 1000
    assert verifier._jwks.stale
    assert await refusal(verifier, one.access) is None
    verifier._jwks._fetched_at -= 100_000
    assert await refusal(verifier, one.access) is Unavailable


async def test_by_introspection_jwt_and_opaque_tokens_are_asked_about(service, verifying):
    verifier = await verifying(revocations=Introspection("demo-resource", "cierre-demo"))
    plain = await service.login()
    opaque = await service.login(tokenFormat="opaque")
    for data in (plain, opaque):
        access = await verifier.verify(data["accessToken"])
        assert (access.user_id, access.session_id) == (USER, data["sessionId"])
        assert await refusal(verifier, data["refreshToken"]) is Invalid
        await service.logout(data["accessToken"])
        assert await refusal(verifier, data["accessToken"]) is Revoked


async def test_introspection_that_fails_lets_nobody_in(service, verifying):
    verifier = await verifying(revocations=Introspection("demo-resource", "wrong"))
    (one,) = await service.mint()
    assert await refusal(verifier, one.access) is Unavailable


async def test_from_redis_it_is_told_at_once(start_service, postgres_url, redis_url):
    service = await start_service(postgres_url, redis_url=redis_url, poll_interval=3_600_000)
    before, after, all_of_them = await service.mint(3)
    await service.logout(before.access)
    verifier = Verifier(issuer=ISSUER, revocations=redis_url, client=service.client)
    async with verifier:
        await eventually(lambda: verifier.denylist.denies(before.session_id, USER, 0))
        assert await refusal(verifier, after.access) is None
        await service.logout(after.access)
        took = await eventually(lambda: verifier.denylist.denies(after.session_id, USER, 0))
        assert took < 0.5
        await service.logout(all_of_them.access, {"logoutAll": True})
        await eventually(lambda: verifier.denylist.denies(all_of_them.session_id, USER, 0))


async def test_without_its_source_it_does_not_start(monkeypatch, redis_url):
    monkeypatch.setattr("cierre.revocation.feed._PATIENCE", 0.2)
    monkeypatch.setattr("cierre.verifier.redis_feed._PATIENCE", 0.2)
    for revocations in ("postgresql://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1", redis_url):
        verifier = Verifier(issuer=ISSUER, revocations=revocations)
        with pytest.raises(Unavailable):
            await verifier.start()
        await verifier.stop()


async def test_the_middleware_lets_the_good_in_and_answers_the_others(service, database_url):
    seen = []

    async def application(scope, receive, send):
        if scope["type"] == "lifespan":
            for _ in range(2):
                message = await receive()
                await send({"type": message["type"] + ".complete"})
            return
        seen.append(scope.get("state", {}).get("access"))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    verifier = Verifier(issuer=ISSUER, revocations=database_url, client=service.client, poll_interval=20)
    app = BearerAuth(application, verifier, public=["/health"])
    (one,) = await service.mint()
    transport = httpx.ASGITransport(app=app)
    async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://resource.test") as client:
        assert (await client.get("/health/live")).text == "in"
        assert (await client.get("/orders", headers=bearer(one.access))).text == "in"
        assert seen[-1].user_id == USER
        none = await client.get("/orders")
        assert none.status_code == 401
        assert none.headers["www-authenticate"] == 'Bearer realm="cierre"'
        assert (await client.get("/healthy")).status_code == 401, "a public path is not a prefix of a name"
        twice = [("Authorization", f"Bearer {one.access}")] * 2
        assert (await client.get("/orders", headers=twice)).status_code == 401
        await service.logout(one.access)
        await eventually(lambda: verifier.denylist.denies(one.session_id, USER, 0))
        dead = await client.get("/orders", headers=bearer(one.access))
        assert dead.status_code == 401
        assert 'error="invalid_token"' in dead.headers["www-authenticate"]
        assert dead.json()["code"] == "INVALID_ACCESS_TOKEN"


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer ", "Basic abc", "Token x"])
async def test_no_bearer_token_is_missing(verifying, value):
    with pytest.raises(Missing):
        await (await verifying()).verify_header(value)


def test_a_program_without_a_loop_uses_it_from_any_thread(serve, database_url):
    node = serve(database_url)
    data = login_over_http(node)
    with ThreadedVerifier(
        issuer=ISSUER, revocations=database_url, jwks_url=f"{node.url}/.well-known/jwks.json", poll_interval=50
    ) as verifier:
        assert verifier.verify(data["accessToken"]).user_id == USER
        httpx.post(f"{node.url}/api/v1/auth/logout", headers=bearer(data["accessToken"])).raise_for_status()
        run_apart(eventually(lambda: verifier._verifier.denylist.denies(data["sessionId"], USER, 0)))
        with pytest.raises(Revoked):
            verifier.verify(data["accessToken"])
    with pytest.raises(Unavailable):
        verifier.verify(data["accessToken"])
