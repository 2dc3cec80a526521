"""Closed sessions are told to clients (OpenID Connect Back-Channel Logout) and receivers (CAEP by RFC 8935)."""

import asyncio
from ipaddress import ip_address
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner
from joserfc import jwt
from joserfc.jwk import KeySet
from openapi_schema_validator import OAS30Validator

from cierre.cli.clients import command as clients_command
from cierre.cli.deliveries import command as deliveries_command
from cierre.cli.receivers import command as receivers_command
from cierre.events import posting
from cierre.events.posting import NotDelivered, Poster, may_connect, receiver_url
from cierre.node import signals
from cierre.node.sweeper import PARKED, Sweeper
from cierre.oas import load
from cierre.settings import DAY
from cierre.storage.repositories import deliveries
from tests.support.eventually import eventually
from tests.support.receivers import Receiver
from tests.support.running import USER

ISSUER = "http://cierre.test"


@pytest.fixture
async def receiver():
    async with Receiver() as one:
        yield one


@pytest.fixture
def cli(database_url):
    """`await cli(command, *arguments)`: its output."""

    async def run(command, *arguments, code=0):
        arguments = [*arguments, "--database-url", database_url]
        done = await asyncio.to_thread(CliRunner().invoke, command, arguments)
        assert done.exit_code == code, done.output
        return done.output

    return run


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Attempts follow each other at once."""
    monkeypatch.setattr(signals, "pause", lambda _: 50)


@pytest.fixture
async def start(start_service, database_url):
    """The service, started after its receivers were registered: it knows them at once."""
    return lambda **changes: start_service(database_url, **changes)


async def keys_of(service):
    """As a receiver finds them: by the metadata of the issuer."""
    metadata = (await service.client.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["backchannel_logout_supported"] is metadata["backchannel_logout_session_supported"] is True
    return KeySet.import_key_set((await service.client.get(metadata["jwks_uri"])).json())


async def close_one(service):
    (session,) = await service.mint()
    assert (await service.logout(session.access)).status_code == 200
    return session


async def test_a_client_is_told_by_a_logout_token_that_joserfc_verifies(start, cli, receiver):
    await cli(clients_command, "add", "cierre", "--backchannel-logout-uri", receiver.url)
    service = await start()
    session = await close_one(service)
    await eventually(lambda: receiver.got)
    (signal,) = receiver.got
    assert signal.headers["content-type"] == "application/x-www-form-urlencoded"
    (token,) = parse_qs(signal.body.decode())["logout_token"]
    options = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": "cierre"},
        "sub": {"essential": True, "value": USER},
        "sid": {"essential": True, "value": session.session_id},
        "iat": {"essential": True},
        "exp": {"essential": True},
        "jti": {"essential": True},
    }
    read = jwt.decode(token, await keys_of(service), algorithms=["ES256"])
    claims = read.claims
    jwt.JWTClaimsRegistry(**options).validate(claims)
    assert read.header["typ"] == "logout+jwt"
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in claims
    assert claims["exp"] - claims["iat"] <= 120


async def test_a_client_is_told_of_its_own_sessions_alone(start, cli, receiver):
    await cli(clients_command, "add", "other", "--backchannel-logout-uri", receiver.url)
    service = await start()
    await close_one(service)
    (mine,) = await service.mint(client_id="other")
    await service.logout(mine.access)
    await eventually(lambda: receiver.got)
    await asyncio.sleep(0.2)
    assert len(receiver.got) == 1


async def test_a_receiver_gets_a_security_event_that_joserfc_verifies(start, cli, receiver):
    await cli(receivers_command, "add", "siem", receiver.url)
    service = await start()
    session = await close_one(service)
    await eventually(lambda: receiver.got)
    (signal,) = receiver.got
    assert signal.headers["content-type"] == "application/secevent+jwt"
    assert signal.headers["accept"] == "application/json"
    read = jwt.decode(signal.body.decode(), await keys_of(service), algorithms=["ES256"])
    claims = read.claims
    assert read.header["typ"] == "secevent+jwt"
    assert (claims["iss"], claims["aud"]) == (ISSUER, "siem")
    assert claims["sub_id"]["session"] == {"format": "opaque", "id": session.session_id}
    assert claims["sub_id"]["user"] == {"format": "iss_sub", "iss": ISSUER, "sub": USER}
    (event,) = claims["events"].items()
    assert event[0] == "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
    assert event[1]["initiating_entity"] == "user"
    assert event[1]["reason_admin"] == {"en": "user_initiated"}
    assert {"sub", "exp"}.isdisjoint(claims), "SSF: neither is in a security event"


async def test_what_is_sent_is_what_the_contract_says(start, cli, receiver):
    await cli(clients_command, "add", "cierre", "--backchannel-logout-uri", receiver.url)
    await cli(receivers_command, "add", "siem", receiver.url)
    service = await start()
    await close_one(service)
    await eventually(lambda: len(receiver.got) == 2)
    contract = load()
    named = {}
    for webhook in contract["x-webhooks"].values():
        ((media_type, media),) = webhook["post"]["requestBody"]["content"].items()
        named[media_type] = media["schema"]
    assert {one.headers["content-type"] for one in receiver.got} == named.keys()
    for one in receiver.got:
        text = one.body.decode()
        is_form = "form" in one.headers["content-type"]
        value = {name: one for name, (one,) in parse_qs(text, strict_parsing=True).items()} if is_form else text
        OAS30Validator(named[one.headers["content-type"]]).validate(value)


async def test_no_access_token_is_made_of_a_signal(start, cli, receiver):
    await cli(receivers_command, "add", "siem", receiver.url)
    service = await start()
    await close_one(service)
    await eventually(lambda: receiver.got)
    assert (await service.sessions(receiver.got[0].body.decode())).status_code == 401


async def test_a_signal_that_was_refused_comes_again_with_its_id(start, cli, receiver):
    await cli(receivers_command, "add", "siem", receiver.url)
    receiver.status = 503
    service = await start()
    await close_one(service)
    await eventually(lambda: len(receiver.got) > 1)
    listed = await cli(deliveries_command, "list")
    assert "answered 503" in listed
    receiver.status = 202
    await emptied(service)
    keys = await keys_of(service)
    ids = {jwt.decode(one.body.decode(), keys, algorithms=["ES256"]).claims["jti"] for one in receiver.got}
    assert len(ids) == 1


async def emptied(service):
    async with asyncio.timeout(15):
        while await service.rows("SELECT * FROM deliveries"):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


async def test_a_silent_receiver_delays_nobody_else(start, cli, receiver, monkeypatch):
    monkeypatch.setattr(posting, "PATIENCE", 600)  # it is waited for through the whole test
    async with Receiver() as dead:
        dead.silent = True
        await cli(receivers_command, "add", "dead", dead.url)
        await cli(receivers_command, "add", "alive", receiver.url)
        service = await start()
        await close_one(service)
        await eventually(lambda: dead.got)
        for _ in range(10):
            await close_one(service)
        await eventually(lambda: len(receiver.got) == 11)
        async with asyncio.timeout(10):
            while {row["receiver"] for row in await service.rows("SELECT receiver FROM deliveries")} != {"dead"}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_after_a_day_it_is_parked_listed_and_tried_again_when_asked(start, cli, receiver, monkeypatch):
    monkeypatch.setattr(signals, "MINUTE", 0)
    await cli(receivers_command, "add", "siem", receiver.url)
    receiver.status = 500
    service = await start()
    await close_one(service)
    await eventually(lambda: receiver.got)
    monkeypatch.setattr(signals, "TRIED_FOR", -DAY)
    async with asyncio.timeout(10):
        while not (await service.rows("SELECT * FROM deliveries"))[0]["parked"]:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
    assert "parked" in await cli(deliveries_command, "list", "--parked")
    async with asyncio.timeout(10):
        while service.services.metrics.registry.get_sample_value("cierre_deliveries_parked") != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    monkeypatch.setattr(signals, "TRIED_FOR", DAY)
    receiver.status = 202
    assert await cli(deliveries_command, "retry") == "1 to be tried again\n"
    await emptied(service)


async def test_who_is_parked_for_a_month_goes(service):
    receiver = {"kind": "ssf", "id": "siem", "url": "x", "allow_private": False}
    event = {
        "id": "1",
        "user_id": USER,
        "session_id": "s",
        "time": 1,
        "event": "user_logout",
        "reason": None,
        "traceparent": None,
    }
    async with service.services.database.connect() as tx:
        await deliveries.add(tx, event, receiver)
        await deliveries.park(tx, before=tx.now + 1)
        purge = Sweeper(service.services)._purges()["deliveries"]
        assert await purge(tx) == 0
        tx.now += PARKED + 1
        assert await purge(tx) == 1


async def test_an_unknown_delivery_or_receiver_is_one_clear_line(service, cli):
    assert service
    assert "there is no delivery 99" in await cli(deliveries_command, "retry", "99", code=2)
    assert "there is no receiver siem" in await cli(receivers_command, "remove", "siem", code=2)


async def test_a_receiver_that_is_removed_gets_nothing_more(start, cli, receiver):
    await cli(receivers_command, "add", "siem", receiver.url)
    assert receiver.url in await cli(receivers_command, "list")
    receiver.status = 500
    service = await start()
    await close_one(service)
    await eventually(lambda: receiver.got)
    await cli(receivers_command, "remove", "siem")
    assert await service.rows("SELECT * FROM deliveries") == []


async def test_without_receivers_nothing_is_written(service):
    await close_one(service)
    assert await service.rows("SELECT * FROM outbox") == []


async def test_a_running_node_learns_of_a_new_receiver(service, cli, receiver):
    await cli(receivers_command, "add", "siem", receiver.url)
    database = service.services.database
    await eventually(lambda: database.consumers is not None)
    await close_one(service)
    await eventually(lambda: receiver.got)


@pytest.mark.parametrize(
    ("address", "allow_private", "allowed"),
    [
        ("93.184.216.34", False, True),
        ("10.1.2.3", False, False),
        ("10.1.2.3", True, True),
        ("192.168.1.1", False, False),
        ("fd00::1", False, False),
        ("fd00::1", True, True),
        ("169.254.169.254", True, False),
        ("fe80::1", True, False),
        ("127.0.0.1", True, False),
        ("::1", True, False),
        ("::ffff:10.1.2.3", False, False),
        ("::ffff:127.0.0.1", True, False),
        ("0.0.0.0", True, False),
        ("224.0.0.1", True, False),
        ("100.64.0.1", False, False),
    ],
)
def test_signals_go_to_public_addresses_or_to_private_ones_that_were_allowed(address, allow_private, allowed):
    assert may_connect(ip_address(address), to_this_machine=False, allow_private=allow_private) is allowed


async def test_a_name_that_leads_to_this_machine_is_not_connected_to(receiver, monkeypatch):
    async def resolve(host, port, **_):
        assert host == "innocent.example"
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    poster = Poster()
    for allow_private in (False, True):
        with pytest.raises(NotDelivered, match="has no address that signals may go to"):
            await poster.post(
                f"http://innocent.example:{receiver.port}/", b"x", "text/plain", allow_private=allow_private
            )
    await poster.close()
    assert receiver.got == []


async def test_a_redirect_is_not_followed(receiver):
    async with Receiver() as elsewhere:
        receiver.status, receiver.location = 307, elsewhere.url
        poster = Poster()
        with pytest.raises(NotDelivered, match="answered 307"):
            await poster.post(receiver.url, b"x", "text/plain", allow_private=False)
        await poster.close()
        assert elsewhere.got == []


async def test_a_receiver_without_a_good_certificate_gets_nothing(receiver):
    poster = Poster()
    with pytest.raises(NotDelivered) as failure:
        await poster.post(receiver.url.replace("http:", "https:"), b"x", "text/plain", allow_private=False)
    await poster.close()
    assert not failure.value.answered
    assert receiver.got == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/x", "would carry signals unencrypted"),
        ("https://", "is no receiver"),
        ("ftp://example.com", "is no receiver"),
        ("https://me:secret@example.com", "is no receiver"),
        ("https://example.com/#part", "is no receiver"),
    ],
)
def test_a_url_that_no_signal_goes_to_is_refused_at_once(url, why):
    with pytest.raises(ValueError, match=why):
        receiver_url(url)


def test_the_pauses_grow_to_an_hour_and_vary(monkeypatch):
    monkeypatch.undo()
    times = [signals.pause(attempts) for attempts in range(40)]
    assert all(1_000 <= one <= signals.LONGEST_PAUSE for one in times)
    assert min(times[15:]) >= signals.LONGEST_PAUSE / 2
    assert len({signals.pause(20) for _ in range(20)}) > 1
