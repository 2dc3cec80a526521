"""Guessing: passwords, the current password at a change of it, clients' secrets, refresh tokens; many at once."""

import asyncio
import base64

import pytest

from cierre.cli import demo_data
from cierre.settings import network
from cierre.tokens.devices import new_device
from tests.support.running import ADMIN, EMAIL, USER, bearer

LOGIN = "/api/v1/auth/login"
PASSWORD = "/api/v1/auth/password"
REFRESH = "/api/v1/auth/refresh"
CLIENT_ENDPOINTS = ["/oauth2/introspect", "/oauth2/revoke", "/oauth2/token"]
SPENT_LOGINS = "Demasiados intentos de inicio de sesión. Intente nuevamente más tarde."
SPENT_ATTEMPTS = "Demasiados intentos fallidos. Intente nuevamente más tarde."


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


@pytest.fixture(params=["on", "failures"])
async def limited(request, start_service, database_url):
    """With room for every login at once: a full queue is another matter."""
    proxies = (network("127.0.0.1"),)
    return await start_service(database_url, rate_limit=request.param, trusted_proxies=proxies, login_queue=300)


def of(number):
    return {"X-Forwarded-For": f"198.51.100.{number}"}


async def log_in(service, password, *, address=1, device=None):
    body = {"username": EMAIL[USER], "password": password}
    cookie = {"Cookie": f"knownDevice={device}"} if device else {}
    return await service.client.post(LOGIN, json=body, headers=of(address) | cookie)


def known(answer):
    """The device cookie's value; it is for the login alone, and for no script."""
    pair, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert set(attributes[1:]) == {"Path=/api/v1/auth/login", "HttpOnly", "Secure", "SameSite=Strict"}
    return pair.removeprefix("knownDevice=")


def counted(answers):
    statuses = [answer.status_code for answer in answers]
    return {status: statuses.count(status) for status in set(statuses)}


async def test_of_240_guesses_at_once_20_are_checked(limited, monkeypatch):
    passwords, checked = limited.services.passwords, []
    verify = passwords.verify

    async def recorded(*given, **source):
        checked.append(given)
        return await verify(*given, **source)

    monkeypatch.setattr(passwords, "verify", recorded)
    answers = await asyncio.gather(*(log_in(limited, f"guess-{number}") for number in range(240)))
    assert counted(answers) == {401: 20, 429: 220}
    assert len(checked) == 20
    assert {answer.json()["message"] for answer in answers if answer.status_code == 429} == {SPENT_LOGINS}


async def test_guesses_from_many_addresses_are_counted_together(limited):
    answers = await asyncio.gather(*(log_in(limited, "wrong", address=number // 4) for number in range(240)))
    assert counted(answers) == {401: 100, 429: 140}


async def test_nobody_locks_an_account_from_another_address(limited):
    assert counted([await log_in(limited, f"guess-{number}") for number in range(30)]) == {401: 20, 429: 10}
    assert (await log_in(limited, demo_data.PASSWORD)).status_code == 429
    assert (await log_in(limited, demo_data.PASSWORD, address=2)).status_code == 200


async def test_a_device_that_has_logged_in_is_let_in_whatever_others_guess(limited):
    owner = await log_in(limited, demo_data.PASSWORD, address=200)
    limited.client.cookies.clear()
    await asyncio.gather(*(log_in(limited, "wrong", address=number // 4) for number in range(240)))
    await asyncio.gather(*(log_in(limited, "wrong", address=200) for number in range(20)))
    assert (await log_in(limited, demo_data.PASSWORD, address=201)).status_code == 429
    for address in (200, 201):
        assert (await log_in(limited, demo_data.PASSWORD, address=address, device=known(owner))).status_code == 200


async def test_a_stolen_device_cookie_is_worth_20_guesses(limited):
    owner = await log_in(limited, demo_data.PASSWORD)
    limited.client.cookies.clear()
    answers = [await log_in(limited, "wrong", address=number, device=known(owner)) for number in range(40)]
    assert counted(answers) == {401: 20, 429: 20}
    assert (await log_in(limited, demo_data.PASSWORD, address=50)).status_code == 200


@pytest.mark.parametrize("change", ["account", "proof", "time", "nonsense", "age"])
async def test_a_device_cookie_that_proves_nothing_is_none(limited, change):
    service = limited
    owner = await log_in(service, demo_data.PASSWORD, address=200)
    at, device, proof = known(owner).split(".")
    secret, account = service.services.issuer.secret, EMAIL[USER]
    long_ago = int(at) - service.services.settings.known_device_ttl - 60_000
    cookie = {
        "account": new_device(EMAIL[ADMIN], secret, at=int(at)),
        "proof": f"{at}.{device}.{proof[::-1]}",
        "time": f"{int(at) + 1}.{device}.{proof}",
        "nonsense": "9" * 5_000,
        "age": new_device(account, secret, at=long_ago),
    }[change]
    service.client.cookies.clear()
    answers = [await log_in(service, "wrong", device=cookie) for _ in range(21)]
    assert counted(answers) == {401: 20, 429: 1}
    assert (await log_in(service, demo_data.PASSWORD, device=known(owner))).status_code == 200


async def test_without_limits_no_device_is_remembered(service):
    assert "Set-Cookie" not in (await log_in(service, demo_data.PASSWORD)).headers


async def test_the_name_of_an_account_counts_alike_however_it_is_written(limited):
    for number in range(20):
        body = {"username": EMAIL[USER].upper() if number % 2 else f" {EMAIL[USER]} ", "password": "wrong"}
        assert (await limited.client.post(LOGIN, json=body, headers=of(1))).status_code == 401
    assert (await log_in(limited, demo_data.PASSWORD)).status_code == 429


async def test_right_passwords_at_once_are_all_let_in(limited):
    answers = await asyncio.gather(*(log_in(limited, demo_data.PASSWORD) for _ in range(60)))
    assert counted(answers) == {200: 60}


async def test_an_unknown_account_is_braked_as_a_known_one_is(limited):
    async def guess(number):
        body = {"username": "nobody@ejemplo.com", "password": f"guess-{number}"}
        return await limited.client.post(LOGIN, json=body, headers=of(1))

    assert counted(await asyncio.gather(*(guess(number) for number in range(30)))) == {401: 20, 429: 10}


async def test_guessing_the_current_password_is_braked_by_session(limited):
    thief, owner = await limited.mint(2)

    async def change(session, password):
        body = {"currentPassword": password, "newPassword": "a-new-password"}
        return await limited.client.post(PASSWORD, json=body, headers=bearer(session.access))

    answers = await asyncio.gather(*(change(thief, f"guess-{number}") for number in range(150)))
    assert counted(answers) == {401: 20, 429: 130}
    assert answers[-1].json()["message"] == SPENT_ATTEMPTS
    assert (await change(thief, demo_data.PASSWORD)).status_code == 429
    assert (await change(owner, demo_data.PASSWORD)).status_code == 200


def basic(secret):
    return {"Authorization": "Basic " + base64.b64encode(f"demo-resource:{secret}".encode()).decode()}


def form(path):
    return {"grant_type": "refresh_token", "refresh_token": "x"} if path.endswith("token") else {"token": "x"}


@pytest.mark.parametrize("path", CLIENT_ENDPOINTS)
async def test_guessing_a_clients_secret_is_braked_by_client_and_address(limited, path):
    async def guess(number):
        if number % 2:
            return await limited.client.post(path, data=form(path), headers=of(1) | basic(f"guess-{number}"))
        body = form(path) | {"client_id": "demo-resource", "client_secret": f"guess-{number}"}
        return await limited.client.post(path, data=body, headers=of(1))

    answers = await asyncio.gather(*(guess(number) for number in range(300)))
    assert counted(answers) == {401: 20, 429: 280}
    assert (
        await limited.client.post(path, data=form(path), headers=of(1) | basic(demo_data.PASSWORD))
    ).status_code == 429
    elsewhere = await limited.client.post(path, data=form(path), headers=of(2) | basic(demo_data.PASSWORD))
    assert elsewhere.status_code not in {401, 429}


@pytest.mark.parametrize("by", ["Basic", "body"])
@pytest.mark.parametrize("path", [LOGIN, REFRESH])
async def test_guessing_a_clients_secret_under_v1_is_braked_as_well(limited, path, by):
    (session,) = await limited.mint(client_id="demo-resource")
    body = {"refreshToken": session.refresh}
    if path == LOGIN:
        body = {"username": EMAIL[USER], "password": demo_data.PASSWORD}

    async def ask(secret, address):
        if by == "Basic":
            return await limited.client.post(path, json=body, headers=of(address) | basic(secret))
        client = {"clientId": "demo-resource", "clientSecret": secret}
        return await limited.client.post(path, json=body | client, headers=of(address))

    assert counted(await asyncio.gather(*(ask(f"guess-{number}", 1) for number in range(60)))) == {401: 20, 429: 40}
    assert (await ask(demo_data.PASSWORD, 1)).status_code == 429
    assert (await ask(demo_data.PASSWORD, 2)).status_code == 200


async def test_a_client_with_the_right_secret_asks_as_much_as_it_likes(limited):
    async def ask():
        return await limited.client.post(
            "/oauth2/introspect", data={"token": "x"}, headers=of(1) | basic(demo_data.PASSWORD)
        )

    assert counted(await asyncio.gather(*(ask() for _ in range(100)))) == {200: 100}


@pytest.mark.parametrize("path", [REFRESH, "/oauth2/token"])
async def test_unknown_refresh_tokens_are_braked_by_address_and_a_valid_one_passes(limited, path):
    async def refresh(token):
        if path == REFRESH:
            return await limited.client.post(path, json={"refreshToken": token}, headers=of(1))
        body = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "cierre"}
        return await limited.client.post(path, data=body, headers=of(1))

    answers = await asyncio.gather(*(refresh(f"guess-{number}") for number in range(300)))
    refused = 401 if path == REFRESH else 400
    assert counted(answers) == {refused: 100, 429: 200}
    (session,) = await limited.mint()
    assert (await refresh(session.refresh)).status_code == 200


async def test_a_refresh_token_that_is_dead_is_no_guess(limited):
    (session,) = await limited.mint()
    await limited.logout(session.access)
    answers = [await limited.client.post(REFRESH, json={"refreshToken": session.refresh}) for _ in range(110)]
    assert counted(answers) == {401: 110}


async def test_without_redis_guesses_are_braked_by_the_node(start_service, database_url):
    service = await start_service(database_url, rate_limit="on", redis_url="redis://127.0.0.1:1")
    answers = await asyncio.gather(*(log_in(service, f"guess-{number}") for number in range(90)))
    assert counted(answers) == {401: 20, 429: 70}


async def test_two_nodes_check_no_more_guesses_than_one(start_service, database_url, redis_url, monkeypatch):
    # On a busy machine Redis would be late, and each node would count by itself.
    monkeypatch.setattr("cierre.rate_limits.limiter._PATIENCE", 60.0)
    nodes = [await start_service(database_url, rate_limit="on", redis_url=redis_url) for _ in range(2)]
    answers = await asyncio.gather(*(log_in(nodes[number % 2], f"guess-{number}") for number in range(90)))
    assert counted(answers) == {401: 20, 429: 70}
