"""`--rotate-keys-every`: one node makes the next key, the others follow, and old keys stay until their tokens died."""

import asyncio
import json

import pytest

from cierre.clock import now_ms
from cierre.node.key_rotation import KeyRotation
from cierre.settings import DAY, HOUR, MINUTE
from cierre.tokens import key_files, keys
from cierre.tokens.key_files import KeyRing
from cierre.tokens.passphrases import read_passphrase
from tests.support.running import select

EVERY = 30 * DAY
LEAD = 2 * MINUTE
ACCESS_TTL = 15 * MINUTE


class Clock:
    """A time that is set, in milliseconds."""

    def __init__(self):
        self.at = now_ms()

    def __call__(self):
        return self.at

    def pass_by(self, milliseconds):
        self.at += milliseconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def nodes(start_service, database_url):
    """Two nodes on one database and one directory of keys."""
    return [(await start_service(database_url)).services for _ in range(2)]


def rotations(nodes, clock):
    return [KeyRotation(node, every=EVERY, now=clock) for node in nodes]


def ring(node, clock, **more):
    """The keys as any node or a new one sees them at that time."""
    directory = node.settings.data_dir / "keys"
    return KeyRing(directory, algorithm="ES256", keep=ACCESS_TTL, reload_interval=0, now=clock, **more)


def published(seen):
    return {key["kid"] for key in json.loads(seen.jwks())["keys"]}


async def test_a_key_signs_for_so_long_and_not_shorter(nodes, clock):
    (one, _), seen = rotations(nodes, clock), ring(nodes[0], clock)
    first = seen.signing()
    clock.at = first.signs_from + EVERY - LEAD - 1
    await one.rotate_when_due()
    assert published(seen) == {first.kid}
    clock.pass_by(1)
    await one.rotate_when_due()
    (second,) = published(seen) - {first.kid}
    (row,) = await select(nodes[0].database, "SELECT * FROM audit_events WHERE event = 'key_rotated'")
    assert (row["actor_type"], row["subject"]) == ("system", second)
    assert seen.signing().kid == first.kid
    clock.pass_by(LEAD)
    assert (seen.signing().kid, seen.signing().signs_from) == (second, first.signs_from + EVERY)


async def test_of_several_nodes_one_makes_the_key_and_the_others_follow(nodes, clock):
    follower = ring(nodes[1], clock)
    first = follower.signing()
    clock.at = first.signs_from + EVERY
    for _ in range(2):
        await asyncio.gather(*(one.rotate_when_due() for one in rotations(nodes * 3, clock)))
    assert len(list(key_files._files(nodes[0].settings.data_dir / "keys"))) == 2
    clock.pass_by(LEAD)
    assert follower.signing().kid != first.kid


async def test_a_node_that_does_not_see_the_new_file_yet_makes_no_other(nodes, clock, monkeypatch):
    one, other = rotations(nodes, clock)
    clock.at = ring(nodes[0], clock).signing().signs_from + EVERY
    await one.rotate_when_due()
    monkeypatch.setattr(other, "_is_due", lambda: True)
    await other.rotate_when_due()
    assert len(list(key_files._files(nodes[0].settings.data_dir / "keys"))) == 2


async def test_an_old_key_is_published_until_its_last_token_died(nodes, clock):
    (one, _), seen = rotations(nodes, clock), ring(nodes[0], clock)
    first = seen.signing()
    clock.at = first.signs_from + EVERY - LEAD
    await one.rotate_when_due()
    # Its last token is signed just before the next key takes over.
    clock.pass_by(LEAD - 1)
    assert seen.signing().kid == first.kid
    clock.pass_by(ACCESS_TTL)
    assert seen.find(first.kid) is not None
    assert first.kid in published(seen)
    clock.pass_by(HOUR)
    assert first.kid not in published(ring(nodes[0], clock))


async def test_year_after_year_one_key_signs_at_a_time(nodes, clock):
    (one, _), seen = rotations(nodes, clock), ring(nodes[0], clock)
    signed = [seen.signing().kid]
    for _ in range(24):
        clock.pass_by(15 * DAY)
        await one.rotate_when_due()
        clock.pass_by(LEAD)
        signed.append(seen.signing().kid)
    assert 11 <= len(set(signed)) <= 13
    assert len(published(ring(nodes[0], clock))) <= 2


async def test_the_next_key_is_encrypted_as_the_first_is(start_service, sqlite_url, clock, tmp_path):
    (tmp_path / "passphrase").write_text("a passphrase of the tests\n")
    node = (await start_service(sqlite_url, key_passphrase_file=tmp_path / "passphrase")).services
    clock.at = now_ms() + EVERY
    (one,) = rotations([node], clock)
    await one.rotate_when_due()
    newest = max((node.settings.data_dir / "keys").glob("*.pem"), key=lambda path: int(path.name.partition("-")[0]))
    assert keys.is_encrypted(newest.read_bytes())
    assert key_files.read(newest, read_passphrase(tmp_path / "passphrase"))


async def test_a_running_node_rotates_by_itself(start_service, sqlite_url, data_dir):
    """A key that has signed for longer than the setting is followed soon after the start."""
    folder = data_dir / "keys"
    for path in folder.glob("*.pem"):
        path.unlink()
    key_files.write(folder, keys.generate("ES256", signs_from=now_ms() - 31 * DAY))
    await start_service(sqlite_url, rotate_keys_every=EVERY, key_lead=1_000)
    for _ in range(500):
        if len(list(folder.glob("*.pem"))) == 2:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no key was made")
