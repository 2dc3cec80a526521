"""What a resource server imports: it refuses what the service refuses, as soon, and never for want of knowing."""

import asyncio
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import jwt
import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from cierre.clock import boottime
from cierre.tokens import key_files
from cierre.tokens.access_tokens import AccessTokens
from cierre.tokens.opaque import new_id
from cierre.verifier import (
    BearerAuth,
    Expired,
    Introspection,
    Invalid,
    Missing,
    Revoked,
    ThreadedVerifier,
    Unavailable,
    Verifier,
)
from tests.support.eventually import eventually
from tests.support.forging import segment
from tests.support.running import USER, bearer, lifespan, login_over_http, run_apart
from tests.support.verifying import refusal, verifiers

ISSUER = "http://cierre.test"


def ahead(monkeypatch):
    """`later(seconds)`: so much time passes for the keys of a verifier."""
    passed = [0.0]
    monkeypatch.setattr("cierre.verifier.issuer_keys.boottime", lambda: boottime() + passed[0])

    def later(seconds):
        passed[0] += seconds

    return later


@pytest.fixture
async def verifying(service, database_url):
    """`await verifying(**arguments)`: a verifier that finds the issuer's keys in the service of this process."""
    source = {"issuer": ISSUER, "revocations": database_url, "client": service.client}
    async with verifiers(**source, poll_interval=50) as start:
        yield start


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
    verifier = await verifying(max_age=60)
    hangs = asyncio.Event()

    async def hanging(_):
        hangs.set()
        await asyncio.sleep(600)

    one, closed = await service.mint(2)
    await service.logout(closed.access)
    await eventually(lambda: verifier.denylist.denies(closed.session_id, USER, 0))
    monkeypatch.setattr("cierre.storage.repositories.revocations.horizon", hanging)
    await hangs.wait()
    assert await refusal(verifier, one.access) is None
    monkeypatch.setattr("cierre.revocation.feed.boottime", lambda: boottime() + 60)
    assert await refusal(verifier, one.access) is Unavailable
    assert await refusal(verifier, closed.access) is Revoked, "what is known to be dead needs no source"


async def test_forged_and_foreign_tokens_are_invalid(service, verifying, tmp_path, key_algorithm):
    verifier = await verifying()
    (one,) = await service.mint()
    foreign = key_files.KeyRing(tmp_path / "foreign", algorithm=service.services.keys.signing().algorithm, keep=1000)
    claims = jwt.decode(one.access, options={"verify_signature": False})
    ours = service.services.keys.signing()
    for header, key in (
        ({"typ": "JWT", "kid": ours.kid}, ours),
        ({"typ": "at+jwt", "kid": ours.kid}, foreign.signing()),
        ({"typ": "at+jwt", "kid": foreign.signing().kid}, foreign.signing()),
    ):
        token = jwt.encode(claims, key.private, algorithm=key_algorithm, headers=header)
        assert await refusal(verifier, token) is Invalid
    for token in ("", "a.b.c", one.refresh, "1|abcdef1234567890", one.access + "\n", one.access[:-2]):
        assert await refusal(verifier, token) is Invalid
    other = AccessTokens(service.services.keys, issuer=ISSUER, audience="others", ttl=900_000)
    principal = service.services.issuer.tokens.verify(one.access).principal
    assert await refusal(verifier, other.issue(principal, epoch=0, at=time.time_ns() // 10**6)) is Invalid


async def test_an_expired_token_is_expired(service, verifying):
    (one,) = await service.mint(age=3_600_000)
    assert await refusal(await verifying(), one.access) is Expired


async def test_a_rotation_costs_one_fetch_and_unknown_keys_cost_no_storm(
    start_service, data_dir, sqlite_url, monkeypatch
):
    service = await start_service(sqlite_url, key_reload_interval=1)
    later = ahead(monkeypatch)
    fetched = []
    get = service.client.get

    async def counting(url, **more):
        fetched.append(url)
        return await get(url, **more)

    monkeypatch.setattr(service.client, "get", counting)
    verifier = Verifier(issuer=ISSUER, revocations=sqlite_url, client=service.client)
    async with verifier:
        await _rotated(service, verifier, data_dir, fetched, later)


async def _rotated(service, verifier, data_dir, fetched, later):
    (before,) = await service.mint()
    await verifier.verify(before.access)
    assert len(fetched) == 1
    for number in range(50):
        header = segment({"alg": "RS256", "typ": "at+jwt", "kid": f"nobody-{number}"})
        token = f"{header}.{before.access.partition('.')[2]}"
        assert await refusal(verifier, token) is Invalid
    assert len(fetched) == 1, "one was a moment ago"
    key_files.rotate(data_dir / "keys", "ES256")
    (after,) = await service.mint()
    later(6)
    await asyncio.gather(*[verifier.verify(after.access) for _ in range(20)])
    await verifier.verify(before.access)
    assert len(fetched) == 2


async def test_keys_outlive_an_issuer_that_is_away(service, verifying, monkeypatch):
    later = ahead(monkeypatch)
    verifier = await verifying()
    (one,) = await service.mint()

    async def away(_url, **_):
        raise httpx.ConnectError("away")

    monkeypatch.setattr(service.client, "get", away)
    later(1_000)
    assert verifier._keys.stale
    assert await refusal(verifier, one.access) is None
    later(100_000)
    assert await refusal(verifier, one.access) is Unavailable


async def test_all_that_need_the_keys_wait_for_one_fetch_and_no_longer_than_it_may_take(
    service, verifying, monkeypatch
):
    fetched = []

    async def hanging(url, **_):
        fetched.append(url)
        await asyncio.sleep(60)

    (one,) = await service.mint()
    monkeypatch.setattr(service.client, "get", hanging)
    verifier = await verifying(jwks_patience=0.5, jwks_cooldown=60)
    assert len(fetched) == 1, "the start tried"
    assert await refusal(verifier, one.access) is Unavailable
    assert len(fetched) == 1, "and that was a moment ago"
    later = ahead(monkeypatch)
    later(61)
    began = time.monotonic()
    waiting = [asyncio.create_task(refusal(verifier, one.access)) for _ in range(20)]
    await asyncio.sleep(0.1)
    waiting[0].cancel()
    assert set(await asyncio.gather(*waiting[1:])) == {Unavailable}
    assert time.monotonic() - began < 5, "one after the other it is ten seconds"
    assert len(fetched) == 2


def test_threads_wait_for_one_fetch_together(sqlite_url):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        arguments = {"jwks_url": f"http://127.0.0.1:{silent.getsockname()[1]}/jwks", "jwks_patience": 1.0}
        verifier = ThreadedVerifier(issuer=ISSUER, revocations=sqlite_url, jwks_cooldown=0.0, **arguments)
        with verifier, ThreadPoolExecutor(10) as pool:
            began = time.monotonic()
            waiting = [pool.submit(verifier.verify, "e30.e30.e30") for _ in range(10)]
            refused = [one.exception() for one in waiting]
    assert {type(one) for one in refused} == {Unavailable}
    assert time.monotonic() - began < 8, "one after the other it is ten seconds"


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
        await eventually(lambda: verifier.denylist.denies(after.session_id, USER, 0))
        await service.logout(all_of_them.access, {"logoutAll": True})
        await eventually(lambda: verifier.denylist.denies(all_of_them.session_id, USER, 0))


async def test_a_redis_user_that_may_only_read_is_enough(start_service, sqlite_url, redis_url):
    """docs/verifier.md has the rights: with them a resource server follows, and can revoke nothing."""
    service = await start_service(sqlite_url, redis_url=redis_url)
    (closed,) = await service.mint()
    await service.logout(closed.access)
    rights = ["~cierre:*", "resetchannels", "-@all", "+get", "+exists", "+xread", "+ping", "+select"]
    name = f"reader-{new_id()}"
    async with Redis.from_url(redis_url) as admin:
        await admin.execute_command("ACL", "SETUSER", name, "on", ">reader", *rights)
        try:
            reading = redis_url.replace("redis://", f"redis://{name}:reader@")
            async with Verifier(issuer=ISSUER, revocations=reading, client=service.client) as verifier:
                await eventually(lambda: verifier.denylist.denies(closed.session_id, USER, 0))
            async with Redis.from_url(reading) as reader:
                with pytest.raises(NoPermissionError):
                    await reader.xadd("cierre:revocations", {"batch": "e30.e30.e30"})
        finally:
            await admin.execute_command("ACL", "DELUSER", name)


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
