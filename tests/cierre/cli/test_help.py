"""`cierre … --help`: every option has words, durations are written in one way, and nothing is cut off."""

import re

import click
import pytest

from cierre.cli import cli
from cierre.cli.mock_options import read_named_span, read_span
from cierre.cli.options import DURATION, in_words
from cierre.settings import DAY, HOUR, MINUTE


def commands(group=cli, path="cierre"):
    """Each command with the words that call it."""
    yield path, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            yield from commands(group.get_command(context, name), f"{path} {name}")


COMMANDS = dict(commands())
OPTIONS = [
    pytest.param(option, id=f"{path} {option.opts[-1]}")
    for path, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option)
]


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_says_in_a_sentence_what_it_is(option):
    assert option.help
    assert option.help[0].isupper() or option.help[0] in "`$" or option.help.startswith("redis:")
    assert re.sub(r" \[default: .*\]$", "", option.help).endswith(".")


@pytest.mark.parametrize("option", OPTIONS)
def test_a_time_is_a_duration_and_never_a_bare_number(option):
    """No option that counts seconds or minutes by itself."""
    if re.search(r"\b(seconds|milliseconds|hours|days)\b", option.help or ""):
        assert option.type.name in {"duration", "minutes", "delay"}
    if isinstance(option.default, str) and re.fullmatch(r"\d+(ms|s|m|h|d)", option.default):
        assert option.type is DURATION


@pytest.mark.parametrize("option", [one for one in OPTIONS if one.values[0].type is DURATION])
@pytest.mark.parametrize(
    ("text", "milliseconds"), [("30d", 30 * DAY), ("24h", DAY), ("5m", 5 * MINUTE), ("90s", 90_000), ("90", 90_000)]
)
def test_every_duration_is_read_alike(option, text, milliseconds):
    assert option.type.convert(text, option, None) == milliseconds


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("250", (0.25, 0.25)),
        ("200ms", (0.2, 0.2)),
        ("90s", (90, 90)),
        ("5m", (300, 300)),
        ("1..2s", (1, 2)),
        ("100ms..1s", (0.1, 1)),
        ("0..800ms", (0, 0.8)),
        ("1s-1m", (1, 60)),
    ],
)
def test_a_delay_is_a_duration_or_two(text, span):
    assert read_span(text) == span
    assert read_named_span(f"GET /x={text}") == ("GET /x", span)


@pytest.mark.parametrize("text", ["soon", "", "1x", "..5s", "1..2..3s", "99999999d"])
def test_what_is_no_delay_is_refused_and_told_how_to_write_one(text):
    with pytest.raises(ValueError, match=r"delay|duration|too long"):
        read_span(text)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(0, "0s"), (90_000, "90s"), (5 * MINUTE, "5m"), (24 * HOUR, "24h"), (30 * DAY, "30d"), (2 * DAY - 1, "47h")],
)
def test_a_duration_is_shown_as_it_is_written(milliseconds, words):
    assert in_words(milliseconds) == words


@pytest.mark.parametrize("path", COMMANDS)
def test_the_list_of_commands_cuts_nothing_off(path):
    command = COMMANDS[path]
    text = command.get_help(click.Context(command, info_name=path, terminal_width=80))
    assert "..." not in text.partition("Commands:")[2]


@pytest.mark.parametrize("path", COMMANDS)
def test_no_help_calls_a_user_him(path):
    command = COMMANDS[path]
    text = command.get_help(click.Context(command, info_name=path))
    assert not re.search(r"\b(he|him|his|she|her|who he)\b", text)
