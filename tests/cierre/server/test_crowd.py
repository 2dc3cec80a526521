"""`cierre.server.crowd`: which connection gives way to a new one."""

import pytest

from cierre.server.crowd import Crowd
from cierre.settings import ConnectionLimits


class Clock:
    """An event loop's time, and no more."""

    def __init__(self):
        self.now = 1_000.0

    def time(self):
        return self.now

    def call_later(self, _seconds, _action, *_arguments):
        return object()


class Connection:
    gave_way = False

    def check(self, now):
        pass

    def give_way(self):
        self.gave_way = True


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def full(clock):
    """A server with three connections, which is all it takes, and those: two of unfinished requests, one answered."""
    crowd = Crowd(ConnectionLimits(connections=3))
    three = [Connection() for _ in range(3)]
    for connection in three:
        assert crowd.admit(connection, clock)
    crowd.wait_no_more(three[2])
    return crowd, three


@pytest.mark.parametrize(
    ("answered", "asked", "gives_way"),
    [
        # Seconds after the three connected: the third is answered, a fourth one comes; the number that gives way.
        (0.5, 0.9, None),
        (0.5, 1.1, 0),
        (1.4, 1.5, 0),
        (-0.5, 0.9, 2),
        (-0.5, 0.0, 2),
    ],
)
def test_who_has_waited_longest_gives_way_but_not_in_the_first_second_of_a_request(
    clock, full, answered, asked, gives_way
):
    crowd, three = full
    crowd.idle(three[2], clock.now + answered)
    clock.now += asked
    assert crowd.admit(Connection(), clock) is (gives_way is not None)
    assert [number for number, one in enumerate(three) if one.gave_way] == ([] if gives_way is None else [gives_way])


def test_nobody_gives_way_while_the_server_owes_all_an_answer(clock, full):
    crowd, three = full
    for connection in three:
        crowd.wait_no_more(connection)
    clock.now += 60
    assert not crowd.admit(Connection(), clock)
    assert not any(one.gave_way for one in three)
