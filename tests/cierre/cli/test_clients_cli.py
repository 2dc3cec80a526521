"""`cierre clients`: secrets are generated, shown once, and changed with an overlap."""

import asyncio
import re

import pytest
from click.testing import CliRunner

from cierre.cli.clients import command
from cierre.clock import now_ms
from cierre.settings import HOUR
from cierre.storage.repositories import clients
from cierre.tokens.opaque import digest

INTROSPECT = "/oauth2/introspect"


@pytest.fixture
def run(database_url, tmp_path):
    where = ("--database-url", database_url, "--data-dir", str(tmp_path))

    async def call(*arguments):
        return await asyncio.to_thread(CliRunner().invoke, command, [*arguments, *where], standalone_mode=False)

    return call


@pytest.fixture
async def is_good(service):
    """`await is_good(secret)`: whether the client `api` gets in with it."""

    async def ask(secret):
        answer = await service.client.post(INTROSPECT, auth=("api", secret), data={"token": "none"})
        assert answer.status_code in {200, 401}
        return answer.status_code == 200

    return ask


def secret_of(result):
    """The secret that was printed; the service logs to the same standard output, so its lines may stand beside it."""
    (secret,) = (line for line in result.output.splitlines() if re.fullmatch(r"[\w-]{43}", line))
    return secret


async def stored(service):
    async with service.services.database.connect() as tx:
        return await clients.by_id(tx, "api")


async def test_a_secret_is_made_printed_once_and_stored_as_a_hash(run, service, is_good):
    added = await run("add", "api", "--confidential")
    secret = added.output.strip()
    assert re.fullmatch(r"[\w-]{43}", secret)
    assert await is_good(secret)
    (row,) = await service.rows("SELECT * FROM clients WHERE id = 'api'")
    assert row["secret_hash"] == digest(secret)
    assert secret not in str(row) + (await run("list")).output
    await run("rotate-secret", "api")
    trail = await service.rows("SELECT event, subject FROM audit_events WHERE subject = 'api' ORDER BY seq")
    assert [one["event"] for one in trail] == ["client_registered", "client_secret_rotated"]


async def test_a_secret_can_not_be_chosen(run):
    assert "No such option" in str((await run("add", "api", "--secret", "chosen")).exception)


async def test_both_secrets_are_good_within_the_overlap_and_the_old_one_ends_at_its_time(run, service, is_good):
    old = secret_of(await run("add", "api", "--confidential"))
    new = secret_of(await run("rotate-secret", "api", "--overlap", "24h"))
    assert old != new
    assert (await is_good(old), await is_good(new)) == (True, True)
    client = await stored(service)
    assert 23 * HOUR < client["previous_secret_until"] - now_ms() <= 24 * HOUR
    await service.rows(f"UPDATE clients SET previous_secret_until = {now_ms()} WHERE id = 'api' RETURNING id")
    assert (await is_good(old), await is_good(new)) == (False, True)


async def test_a_third_secret_waits_until_the_first_has_ended_or_ends_both_at_once(run, is_good):
    first = secret_of(await run("add", "api", "--confidential"))
    second = secret_of(await run("rotate-secret", "api"))
    assert "two secrets" in str((await run("rotate-secret", "api")).exception)
    assert (await is_good(first), await is_good(second)) == (True, True)
    third = secret_of(await run("rotate-secret", "api", "--at-once"))
    assert [await is_good(one) for one in (first, second, third)] == [False, False, True]


async def test_of_two_that_change_a_secret_at_once_one_does(run, service):
    await run("add", "api", "--confidential")
    read = await stored(service)
    async with service.services.database.connect() as tx:
        assert await clients.rotate_secret(tx, read, secret_hash=digest("a"), previous_until=None)
        assert not await clients.rotate_secret(tx, read, secret_hash=digest("b"), previous_until=None)


async def test_the_list_shows_ages_and_ends(run):
    await run("add", "api", "--confidential")
    await run("rotate-secret", "api", "--overlap", "48h")
    line = next(line for line in (await run("list")).output.splitlines() if line.startswith("api "))
    assert re.fullmatch(r"api +by host +confidential +\d+s +ends in 47h", line)


async def test_a_known_client_keeps_its_secret_when_its_dialect_changes(run, is_good):
    secret = secret_of(await run("add", "api", "--confidential"))
    assert (await run("add", "api", "--dialect", "envelope")).output.splitlines()[-1] == "api"
    assert await is_good(secret)
    assert "rotate-secret" in str((await run("add", "api", "--confidential")).exception)
    assert (await run("add", "api", "--public")).exit_code == 0
    assert not await is_good(secret)


async def test_an_unknown_client_is_named(run):
    assert "there is no client nobody" in str((await run("rotate-secret", "nobody")).exception)
