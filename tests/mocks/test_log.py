"""The log: what is written when, and by whom."""

import asyncio
import io
import sys
import threading

from cierre.mocks.log import Log
from cierre.phrases import Phrase


class Counted(io.StringIO):
    """Counts how often it is written to."""

    def __init__(self):
        super().__init__()
        self.times = 0

    def write(self, text):
        self.times += 1
        return super().write(text)


def lines_of(stream):
    return [line.partition(": ")[2] for line in stream.getvalue().splitlines()]


async def test_lines_of_one_turn_of_the_loop_are_written_together_and_in_order(monkeypatch):
    stream = Counted()
    monkeypatch.setattr(sys, "stderr", stream)
    log = Log()
    for number in range(5):
        log.add_note(Phrase.of(f"line {number}"))
    assert stream.times == 0
    await asyncio.sleep(0)
    assert stream.times == 1
    assert lines_of(stream) == [f"line {number}" for number in range(5)]
    log.add_note(Phrase.of("later"))
    await asyncio.sleep(0)
    assert lines_of(stream)[-1] == "later"


async def test_a_stream_that_was_given_is_written_at_once():
    stream = io.StringIO()
    Log(stream=stream).add_note(Phrase.of("now"))
    assert lines_of(stream) == ["now"]


def test_without_a_loop_a_line_is_written_at_once(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    Log().add_note(Phrase.of("now"))
    assert lines_of(stream) == ["now"]


async def test_no_line_of_a_thread_is_lost_or_written_twice(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log = Log()

    def write(who):
        for number in range(500):
            log.add_note(Phrase.of(f"{who} {number}"))

    threads = [threading.Thread(target=write, args=(f"thread{each}",)) for each in range(3)]
    for thread in threads:
        thread.start()
    for number in range(500):
        log.add_note(Phrase.of(f"loop {number}"))
        await asyncio.sleep(0)
    await asyncio.to_thread(lambda: [thread.join() for thread in threads])
    await asyncio.sleep(0)
    wanted = [f"{who} {number}" for who in ("thread0", "thread1", "thread2", "loop") for number in range(500)]
    assert sorted(lines_of(stream)) == sorted(wanted)
