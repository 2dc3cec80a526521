"""What the test of the blocks rests on: it would notice a page that isn't true."""

import threading

import pytest

from tests.support.fences import Command, blocks
from tests.support.terminal import Terminal, is_shown


@pytest.fixture
def terminal(tmp_path):
    made = Terminal(tmp_path, {"example.com": "example.org"})
    yield made
    made.end()


def test_commands_share_a_shell_and_a_folder(terminal):
    terminal.run("NAME=value; mkdir deep; cd deep")
    assert terminal.run('echo "$NAME in ${PWD##*/}"') == "value in deep\n"


def test_what_a_reader_has_instead_is_put_in_and_taken_out_again(terminal):
    terminal.run("echo example.com > file")
    assert terminal.run("cat file") == "example.com\n"
    assert terminal.run("grep -c org file") == "1\n"


def test_a_command_that_ends_otherwise_than_it_should_is_noticed(terminal):
    with pytest.raises(AssertionError, match="ended with 1"):
        terminal.run("false")
    assert terminal.run("false", ends_with=1) == ""


def test_a_server_that_does_not_start_is_noticed(terminal):
    with pytest.raises(AssertionError, match="ended with 2"):
        terminal.run("cierre mock there-is-no-such.yaml")


def test_what_a_server_tells_once_it_listens_is_waited_for(terminal, tmp_path, monkeypatch):
    log = tmp_path / "server.out"
    log.write_text("listens\n", encoding="utf-8")
    monkeypatch.setattr(terminal, "_serve", lambda _: log)
    later = threading.Timer(0.2, log.write_text, ("listens\nits routes\n",))
    later.start()
    assert terminal.run("cierre mock", shown="its routes") == "listens\nits routes\n"
    later.join()


@pytest.mark.parametrize(
    ("shown", "printed", "true"),
    [
        ('{"a":1,\n "at":"2026-11-21T15:30:00.000Z"}', '{"a":1,"at":"2025-01-02T03:04:05.678Z"}\n', True),
        ('{"a":1}', '{"a":2}', False),
        ("64f8a123b456c789d012e345", "2ad92d0802d9282623c9ab15\n", True),
        ("first\n…\nlast", "first\nmore\nlast\n", True),
        ("first\n…\nlast", "first\nmore\n", False),
        ("done in 3 ms", "done in 17.4 ms", True),
        ("a part", "not a part only", False),
    ],
)
def test_what_is_shown_is_compared_times_and_ids_aside(shown, printed, true):
    assert is_shown(shown, printed) is true


def test_a_page_is_read_with_what_its_comments_say(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- long: a reason -->\n```console\n$ one \\\n    more\nshown\n$ two\n```\n"
        "<!-- file: a.ts -->\n`a.ts`:\n```ts\ncode\n```\n",
        encoding="utf-8",
    )
    first, second = blocks(page)
    assert first.commands == [Command("one \\\n    more", "shown\n"), Command("two", "")]
    assert (first.notes, second.notes) == ({"long": "a reason"}, {"file": "a.ts"})
