"""`cierre.domain.passwords`: what a check costs, and how many there are at once."""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher, extract_parameters

from cierre.cli import demo_data
from cierre.domain.passwords import Passwords
from cierre.errors import TooManyLogins
from cierre.settings import network
from tests.support.running import EMAIL, USER, bearer

LOGIN = "/api/v1/auth/login"
PASSWORD = "/api/v1/auth/password"


class Recording(PasswordHasher):
    """Writes down the parameters of each hash that it verifies."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=16, parallelism=1)
        self.verified = []

    def verify(self, given, password):
        self.verified.append(extract_parameters(given))
        return super().verify(given, password)


class Held(PasswordHasher):
    """Holds every verification until it is released."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.released = threading.Event()
        self.threads = set()

    def verify(self, given, password):
        self.threads.add(threading.current_thread().name)
        assert self.released.wait(30)
        return super().verify(given, password)


async def test_a_failed_check_costs_the_same_whether_or_not_the_user_exists():
    """One verification of one hash, with the same parameters of argon2."""
    passwords = Passwords()
    passwords._hasher = Recording()
    assert await passwords.verify("wrong", passwords.hash_now("right")) is False
    assert await passwords.verify("wrong", None) is False
    assert await passwords.verify("no user has this password", None) is False
    known, *unknown = passwords._hasher.verified
    assert unknown == [known, known]
    passwords.close()


async def test_more_than_may_wait_are_refused_and_the_others_are_checked():
    passwords = Passwords(threads=2, queue=3)
    held = passwords._hasher = Held()
    right = passwords.hash_now("right")
    checks = [asyncio.create_task(passwords.verify("right", right)) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyLogins):
        await passwords.verify("right", right)
    held.released.set()
    assert await asyncio.gather(*checks) == [True] * 5
    assert {name.partition("_")[0] for name in held.threads} == {"argon2"}
    assert await passwords.verify("right", right) is True
    passwords.close()


def login_from(service, address, body):
    return service.client.post(LOGIN, json=body, headers={"X-Forwarded-For": address})


async def refused_and_waiting(flood, places):
    """The logins that were answered while the others hold all places."""
    async with asyncio.timeout(120):
        while sum(task.done() for task in flood) < len(flood) - places:  # noqa: ASYNC110 - of 200 tasks, any
            await asyncio.sleep(0.05)
    return [task for task in flood if task.done()], [task for task in flood if not task.done()]


async def test_one_address_leaves_half_of_the_places_to_the_others(start_service, sqlite_url):
    service = await start_service(sqlite_url, login_queue=9, trusted_proxies=(network("127.0.0.1"),))
    service.services.passwords._hasher = held = Held()
    body = {"username": EMAIL[USER], "password": "wrong"}
    # Of one subscriber, who has all of these addresses.
    flood = [asyncio.create_task(login_from(service, f"2001:db8::{number}", body)) for number in range(1, 21)]
    refused, waiting = await refused_and_waiting(flood, 5)
    other = asyncio.create_task(login_from(service, "2001:db8:0:1::1", body))
    await asyncio.wait([other], timeout=0.2)
    held.released.set()
    assert (await other).status_code == 401
    assert [(await task).status_code for task in waiting] == [401] * 5
    assert {task.result().status_code for task in refused} == {503}
    assert not service.services.passwords._of_source


async def test_what_has_to_be_on_disk_waits_for_no_password(start_service, database_url):
    """200 logins at once: a logout goes on, its flush to disk as well; those without room are told when to repeat."""
    service = await start_service(database_url, login_queue=20, trusted_proxies=(network("127.0.0.1"),))
    service.services.passwords._hasher = held = Held()
    (session,) = await service.mint()
    body = {"username": EMAIL[USER], "password": "wrong"}
    flood = [asyncio.create_task(login_from(service, f"10.0.{number}.1", body)) for number in range(200)]
    refused, waiting = await refused_and_waiting(flood, 21)
    assert (await service.logout(session.access)).status_code == 200
    assert not held.released.is_set()
    held.released.set()
    assert [(await task).status_code for task in waiting] == [401] * 21
    answers = [task.result() for task in refused]
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in answers} == {(503, "5")}


@pytest.mark.parametrize("media_type", ["session", "envelope", "respuesta", "problem"])
async def test_a_full_queue_is_told_in_each_dialect(start_service, sqlite_url, media_type):
    service = await start_service(sqlite_url, login_queue=0)
    service.services.passwords._room = 0
    accept = "application/problem+json" if media_type == "problem" else f"application/vnd.cierre.{media_type}+json"
    headers = {"Accept": accept, "Accept-Language": "en"}
    answer = await service.client.post(LOGIN, json={"username": "a", "password": "b"}, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Too many logins at once. Try again in a few seconds." in answer.json().values()


async def test_a_password_change_that_finds_the_queue_full_changes_nothing(start_service, sqlite_url):
    service = await start_service(sqlite_url)
    (session,) = await service.mint()
    room, service.services.passwords._room = service.services.passwords._room, 0
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": "a-new-password"}
    answer = await service.client.post(PASSWORD, json=body, headers=bearer(session.access))
    assert answer.status_code == 503
    service.services.passwords._room = room
    assert await service.login()


async def test_a_login_that_was_not_looked_at_is_no_failure_of_its_account(start_service, sqlite_url):
    service = await start_service(sqlite_url, rate_limit="on")
    room, service.services.passwords._room = service.services.passwords._room, 0
    body = {"username": EMAIL[USER], "password": demo_data.PASSWORD}
    statuses = {(await service.client.post(LOGIN, json=body)).status_code for _ in range(30)}
    assert statuses == {503}
    service.services.passwords._room = room
    assert (await service.client.post(LOGIN, json=body)).status_code == 200
