"""What a node holds in memory of the sessions that are closed."""

import pytest

from cierre.clock import now_ms
from cierre.revocation.denylist import Denylist
from cierre.tokens.opaque import new_id

MINUTE = 60_000


@pytest.fixture
def denylist():
    return Denylist()


def test_entries_that_are_forgotten_together_share_their_minute(denylist):
    """An int of its own for each would be a quarter of what an entry weighs."""
    until = now_ms() // MINUTE * MINUTE + 10 * MINUTE
    for number in range(300):
        denylist.deny_session(new_id(), until + number % 3 * MINUTE)
    assert len({id(minute) for minute in denylist._sessions.values()}) == 3


def test_a_session_that_is_denied_for_longer_is_forgotten_with_the_later_minute(denylist, monkeypatch):
    now, sid = now_ms(), new_id()
    assert denylist.deny_session(sid, now + MINUTE)
    assert denylist.deny_session(sid, now + 5 * MINUTE)
    assert not denylist.deny_session(sid, now + MINUTE)
    for passed, denied in ((3, True), (7, False)):
        monkeypatch.setattr("cierre.revocation.denylist.now_ms", lambda passed=passed: now + passed * MINUTE)
        monkeypatch.setattr("cierre.revocation.denylist.boottime", lambda: float("inf"))
        denylist.forget()
        assert denylist.denies(sid, "user", 0) is denied
    assert len(denylist) == 0
