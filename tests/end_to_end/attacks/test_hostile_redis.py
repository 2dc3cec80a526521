"""Who may write to Redis makes no token dead and none alive: neither here nor at a resource server that reads Redis."""

import asyncio

import jwt
import pytest
from redis.asyncio import Redis

from cierre.background import stop
from cierre.clock import now_ms
from cierre.revocation.batches import Batch, BatchSigner, Ledger, read
from cierre.revocation.denylist import Revocation
from cierre.tokens import key_files
from cierre.verifier import Revoked, Unavailable
from tests.support.eventually import eventually
from tests.support.running import USER
from tests.support.verifying import refusal, verifiers

ISSUER = "http://cierre.test"
STREAM, COMPLETE = "cierre:revocations", "cierre:complete"
FAR = 2**50


@pytest.fixture
async def redis(redis_url):
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
async def service(start_service, database_url, redis_url):
    return await start_service(database_url, redis_url=redis_url, poll_interval=50, key_reload_interval=1)


@pytest.fixture
async def verifying(service, redis_url):
    """`await verifying(**arguments)`: a resource server that reads nothing but Redis and the issuer's keys."""
    source = {"issuer": ISSUER, "revocations": redis_url, "client": service.client}
    async with verifiers(**source, poll_interval=50, jwks_cooldown=0.2) as start:
        yield start


async def forged(service, tmp_path):
    """What somebody who can't sign for the issuer can make, by what it is."""
    foreign = key_files.KeyRing(tmp_path / "foreign", algorithm=service.services.keys.signing().algorithm, keep=1000)
    everybody = [Revocation(None, "*", 999_999_999, FAR), Revocation(None, USER, 999_999_999, FAR)]
    times = {"written_at": now_ms(), "complete_at": now_ms()}
    signed = BatchSigner(foreign, issuer=ISSUER, life=1).sign(everybody, **times)
    claims = jwt.decode(signed, options={"verify_signature": False})
    (session,) = await service.mint()
    ours = service.services.keys.signing()
    elsewhere = BatchSigner(service.services.keys, issuer="http://elsewhere.test", life=1)
    genuine = BatchSigner(service.services.keys, issuer=ISSUER, life=1).sign([], **times)
    head, _, signature = genuine.split(".")
    return {
        "a batch of the time before signatures": {"revoked": f"user,{USER},999999999,{FAR}"},
        "no batch at all": {"batch": "\udcff user"},
        "signed by somebody else": {"batch": signed},
        "somebody else's in the name of our key": {
            "batch": jwt.encode(
                claims, foreign.signing().private, ours.algorithm, headers={"typ": "revocations+jwt", "kid": ours.kid}
            )
        },
        "signed by nobody": {"batch": jwt.encode(claims, None, "none", headers={"typ": "revocations+jwt"})},
        "other words under our signature": {"batch": f"{head}.{signed.split('.')[1]}.{signature}"},
        "an access token": {"batch": session.access},
        "of another issuer with the same key": {"batch": elsewhere.sign(everybody, **times)},
    }


async def test_what_the_issuer_has_not_signed_closes_nothing(service, redis, verifying, tmp_path):
    verifier = await verifying()
    (alive, closed) = await service.mint(2)
    for name, fields in (await forged(service, tmp_path)).items():
        raw = {key: value.encode("utf-8", "surrogateescape") for key, value in fields.items()}
        await redis.xadd(STREAM, raw)
        # What comes after it is read: so it was read, and keeps nobody from learning of a closing.
        (after,) = await service.mint()
        await service.logout(after.access)
        await eventually(lambda sid=after.session_id: verifier.denylist.denies(sid, USER, 0))
        assert await refusal(verifier, alive.access) is None, name
    await redis.set(f"cierre:denied:{alive.session_id}", "1")
    await redis.set(f"cierre:not-before:{USER}", "999999999")
    await redis.set("cierre:not-before:*", "999999999")
    assert await refusal(verifier, alive.access) is None
    assert (await service.sessions(alive.access)).status_code == 200, "the service asks its database"
    await service.logout(closed.access)
    await eventually(lambda: verifier.denylist.denies(closed.session_id, USER, 0))


async def test_a_batch_that_was_taken_away_is_missed_by_who_comes_later(service, redis, verifying, monkeypatch):
    (alive, closed) = await service.mint(2)
    first = await verifying()
    await service.logout(closed.access)
    await eventually(lambda: first.denylist.denies(closed.session_id, USER, 0))
    assert await refusal(await verifying(), closed.access) is Revoked, "as long as nobody took it away"
    for position, fields in await redis.xrange(STREAM):
        claims = jwt.decode(fields["batch"], options={"verify_signature": False})
        if claims["revocations"]:
            await redis.xdel(STREAM, position)
    await redis.delete(f"cierre:denied:{closed.session_id}")
    assert await refusal(first, closed.access) is Revoked
    assert await refusal(first, alive.access) is None, "who has read it needs it no more"
    assert (await service.sessions(closed.access)).status_code == 401
    # As `max_age` bounds it: what came before was proven a moment ago.
    monkeypatch.setattr("cierre.verifier.redis_feed._FRESH", 0.5)
    monkeypatch.setattr("cierre.verifier.redis_feed._PATIENCE", 1.0)
    await asyncio.sleep(0.6)
    with pytest.raises(Unavailable):
        await verifying()


async def test_batches_that_are_kept_back_are_old(service, redis, verifying):
    """The stream of a moment ago, put back again and again: everything in it is signed, and nothing of it is new."""
    (closed,) = await service.mint()
    verifier = await verifying(max_age=1.0)
    before = await redis.xrange(STREAM)

    async def put_back():
        while True:
            await redis.delete(STREAM)
            for _, fields in before:
                await redis.xadd(STREAM, fields)
            await redis.set(COMPLETE, "anew")
            await asyncio.sleep(0.001)

    # As a Redis between the nodes and the readers, that tells the nodes what they want to hear.
    await service.services.mirror.stop()
    attack = asyncio.create_task(put_back())
    try:
        assert (await service.logout(closed.access)).status_code == 200
        await asyncio.sleep(1.5)
        for _ in range(20):
            assert await refusal(verifier, closed.access) is Unavailable
            await asyncio.sleep(0.05)
    finally:
        # A client of Redis that is just being answered loses a cancellation: it would go on for ever.
        await stop([attack])


async def test_a_new_key_signs_all_of_it_again(service, redis, verifying, data_dir):
    (closed,) = await service.mint()
    await service.logout(closed.access)
    kid = key_files.rotate(data_dir / "keys", "ES256").kid

    async def batches():
        read = [(position, fields["batch"]) for position, fields in await redis.xrange(STREAM)]
        return [(where, jwt.decode_complete(one, options={"verify_signature": False})) for where, one in read]

    def is_signed_again(one):
        return one["header"]["kid"] == kid and closed.session_id in str(one["payload"])

    async with asyncio.timeout(60):
        while not any(is_signed_again(one) for _, one in await batches()):  # noqa: ASYNC110 - the node does it
            await asyncio.sleep(0.01)
    # Who comes later may not know the old key any more.
    for position, one in await batches():
        if one["header"]["kid"] != kid:
            await redis.xdel(STREAM, position)
    assert await refusal(await verifying(), closed.access) is Revoked


def batch(number, written_at, writer="one", complete=True):
    return Batch(writer, number, written_at, written_at if complete else None, 1_000, [])


def test_a_row_of_batches_proves_what_it_has_from_its_first_or_for_a_tokens_life():
    ledger = Ledger()
    assert ledger.take(batch(0, 100, complete=False)) is None
    assert ledger.take(batch(1, 110)) == 110
    assert ledger.take(batch(0, 120)) is None, "one again"
    assert ledger.take(batch(3, 130)) is None, "the third is missing"
    assert ledger.take(batch(4, 1_129)) is None
    assert ledger.take(batch(5, 1_130)) == 1_130, "what the third revoked has expired"
    assert ledger.take(batch(7, 1_140, "two")) is None, "what came before was not read"
    assert ledger.take(batch(8, 2_140, "two")) == 2_140


async def test_a_batch_is_read_as_it_was_written(service):
    keys = service.services.keys
    revocations = [Revocation("0" * 24, None, 0, 5), Revocation(None, USER, 3, 7), Revocation(None, "*", 4, 8)]
    signer = BatchSigner(keys, issuer=ISSUER, life=9)
    signer.sign([], written_at=1, complete_at=1)
    found = read(signer.sign(revocations, written_at=10, complete_at=None), keys.find, issuer=ISSUER)
    assert found[1:] == (1, 10, None, 9, revocations)


async def test_limits_that_somebody_emptied_or_filled_let_no_closed_session_in(service, redis):
    (closed, alive) = await service.mint(2)
    await service.logout(closed.access)
    await redis.flushdb()
    assert (await service.sessions(closed.access)).status_code == 401
    assert (await service.sessions(alive.access)).status_code == 200
