"""A signing key is rotated under load: no token that is good is refused, by no node and by no resource server."""

import asyncio
import contextlib
import itertools

import httpx
import jwt
import pytest

from cierre.services import build
from cierre.tokens import key_files
from cierre.verifier import Invalid, Verifier
from tests.support.forging import segment
from tests.support.running import bearer, mint

USE = "/api/v1/auth/sessions"
REFRESH = "/api/v1/auth/refresh"


@pytest.fixture
async def sessions(make_settings, postgres_url):
    services = build(make_settings(postgres_url))
    await services.database.open()
    yield await mint(services, 4)
    await services.database.close()


# The node looks at the keys every 2 s; what the resource server adds is its cooldown.
@pytest.mark.parametrize(
    ("rounds", "lead", "cooldown"),
    [
        pytest.param(2, 4_000, 1.0, id="short"),
        pytest.param(20, 8_000, 5.0, id="long", marks=pytest.mark.long),
    ],
)
async def test_no_good_token_is_refused_while_keys_are_rotated(serve, sessions, postgres_url, rounds, lead, cooldown):
    nodes = [serve(postgres_url), serve(postgres_url)]
    jwks = f"{nodes[1].url}/.well-known/jwks.json"
    signed, refused, ended = [], [], asyncio.Event()
    async with (
        Verifier(
            issuer="http://cierre.test", revocations=postgres_url, jwks_url=jwks, jwks_cooldown=cooldown
        ) as verifier,
        httpx.AsyncClient(timeout=30) as client,
    ):
        load = [
            asyncio.create_task(_use(client, order, verifier, session, signed, refused, ended))
            for session, order in zip(sessions, itertools.cycle((nodes, nodes[::-1])), strict=False)
        ]
        load.append(asyncio.create_task(_make_up_keys(client, nodes, verifier, sessions[0].access, ended)))
        for _ in range(rounds):
            key = await asyncio.to_thread(key_files.rotate, serve.data_dir / "keys", "ES256", lead=lead)
            async with asyncio.timeout(60):
                while key.kid not in signed:  # noqa: ASYNC110 - a list has no event
                    await asyncio.sleep(0.1)
        ended.set()
        await asyncio.gather(*load)
    assert len(set(signed)) == rounds + 1
    assert len(signed) > 20 * rounds, "there was load"
    assert refused == []


async def _use(client, nodes, verifier, session, signed, refused, ended):
    """Have one node sign a token and use it at once at both and at the resource server, again and again."""
    refresh = session.refresh
    while not ended.is_set():
        answer = await client.post(nodes[0].url + REFRESH, json={"refreshToken": refresh})
        assert answer.status_code == 200, answer.text
        token, refresh = (answer.json()["data"][name] for name in ("accessToken", "refreshToken"))
        for node in nodes:
            answer = await client.get(node.url + USE, headers=bearer(token))
            if answer.status_code != 200:
                refused.append((node.port, answer.text))
        try:
            await verifier.verify(token)
        except Exception as failure:  # noqa: BLE001 - whichever it is
            refused.append(repr(failure))
        signed.append(jwt.get_unverified_header(token)["kid"])


async def _make_up_keys(client, nodes, verifier, token, ended):
    """Tokens that name keys which don't exist must not use up what lets a node look for one that does."""
    _, payload, signature = token.split(".")
    for number in itertools.count():
        if ended.is_set():
            return
        header = segment({"alg": "ES256", "typ": "at+jwt", "kid": f"nobody-{number}"})
        forged = f"{header}.{payload}.{signature}"
        with contextlib.suppress(Invalid):
            await verifier.verify(forged)
        for node in nodes:
            assert (await client.get(node.url + USE, headers=bearer(forged))).status_code == 401
        await asyncio.sleep(0.02)
