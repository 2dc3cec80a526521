"""Who does something often is found in bounded memory, and no count is too high."""

import random

from cierre.metrics.offenders import NOTICED, WINDOW, Heavy, Offenders

AT = 1_000 * WINDOW


def test_a_count_is_never_too_high_and_a_heavy_one_is_never_lost():
    chance, really, heavy = random.Random(7), {}, Heavy(50)
    for _ in range(40_000):
        key = chance.choice(["a", "b", "c"]) if chance.random() < 0.3 else f"10.{chance.randrange(5_000)}"
        amount = chance.choice([1, 1, 1, 7])
        really[key] = really.get(key, 0) + amount
        heavy.add(key, amount)
        assert len(heavy.counts) <= 50
    total = sum(really.values())
    for key, count in heavy.counts.items():
        assert really[key] - total / 50 <= count <= really[key]
    assert {"a", "b", "c"} <= heavy.counts.keys()


def test_somebody_is_noticed_from_so_many_on_and_told_once_for_each_change():
    offenders = Offenders()
    for number in range(NOTICED - 1):
        offenders.count("failed_attempts", "address", "10.0.0.1", at=AT + number)
    assert list(offenders.noticed()) == []
    offenders.count("failed_attempts", "address", "10.0.0.1", at=AT + 100)
    (found,) = offenders.noticed()
    assert (found.subject, found.count, found.last_at, found.is_new) == ("10.0.0.1", NOTICED, AT + 100, True)
    offenders.report(found)
    assert list(offenders.noticed()) == []
    offenders.count("failed_attempts", "address", "10.0.0.1", at=AT + 200)
    (again,) = offenders.noticed()
    assert (again.count, again.is_new) == (NOTICED + 1, False)


def test_a_window_begins_with_nothing_counted():
    offenders = Offenders()
    offenders.count("rate_limited", "user", "a", at=AT, amount=NOTICED - 1)
    offenders.count("rate_limited", "user", "a", at=AT + WINDOW, amount=NOTICED - 1)
    assert list(offenders.noticed()) == []
    assert offenders.window == AT + WINDOW


def test_a_hundred_thousand_addresses_leave_a_thousand():
    offenders = Offenders()
    for number in range(100_000):
        offenders.count("failed_attempts", "address", f"address {number}", at=AT)
    assert sum(len(heavy.counts) for heavy in offenders._counted.values()) <= 1_000
    assert list(offenders.noticed()) == []


def test_who_is_counted_no_longer_leaves_nothing_in_memory():
    offenders = Offenders(entries=10)
    for number in range(1_000):
        offenders.count("failed_attempts", "address", f"address {number}", at=AT, amount=NOTICED)
        for offence in offenders.noticed():
            offenders.report(offence)
    assert len(offenders._last) <= 10
    assert len(offenders._reported) <= 10
