"""SECURITY.md says what is so: each default that it gives, and each test that it names."""

import re

import click
import pytest

from cierre.cli import mock, serve
from cierre.mocks.options import MockOptions, read_size
from cierre.oas import limits as documents
from cierre.oas.validation.json_body import MAX_DEPTH
from cierre.rate_limits import limits
from cierre.settings import ConnectionLimits, Settings, duration
from tests import steps
from tests.support.paths import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()
WORDS = {"min": "m", "days": "d", "hour": "h"}


def budgets():
    """`(what, default, option)` of each line of the table."""
    table = PAGE.partition("\n## Budgets\n")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]
    return [(what, default, option.strip("`")) for what, default, option, _ in rows[2:]]


def plain(default):
    """`2,000`, `15 min` or `1 MB` as the options have it: 2000, `15m`, `1MB`."""
    number, _, unit = default.replace(",", "").partition(" ")
    return number + WORDS.get(unit, unit)


def value(text):
    """A number, or a duration in milliseconds, or a size in bytes."""
    if text.isdecimal():
        return int(text)
    return read_size(text) if text.endswith("B") else duration(text)


@pytest.mark.parametrize(("what", "default", "option"), [row for row in budgets() if row[2]])
def test_a_default_is_the_options_own(what, default, option):
    command = (mock if option.startswith("cierre mock ") else serve).command
    name = option.removeprefix("cierre mock ")
    found = [one for one in command.params if isinstance(one, click.Option) and name in one.opts]
    assert found, f"{what}: there is no option {option}"
    own = found[0].default
    if isinstance(own, int | str) and not isinstance(own, bool):
        own = value(str(own))
        assert value(plain(default)) == own, f"{what}: the default of {option} is {found[0].default}"


def test_a_default_without_an_option_is_the_codes_own():
    documented = {what: default for what, default, option in budgets() if not option}
    settings, connections = Settings(database_url="", data_dir=ROOT, issuer=""), ConnectionLimits()
    in_time = "{0.quota} in {0.window} s".format
    assert (
        documented
        | {
            "pipelined requests": str(connections.pipelined),
            "header section": f"{connections.header_bytes // 1024} KB, {connections.header_fields} fields",
            "request target": f"{connections.target_bytes // 1024} KB",
            "body": f"{settings.max_body // 1024} KB",
            "nesting of a body or a parameter": f"{MAX_DEPTH} levels",
            "logouts of a user": in_time(limits.LOGOUT.by_user),
            "logouts from an address (IPv6: a /64)": in_time(limits.LOGOUT.by_address),
            "logins from an address": in_time(limits.LOGIN.by_address),
            "addresses, users or accounts that a limit remembers without Redis": f"{settings.rate_limit_keys:,}",
            "passwords of an account from one address": in_time(limits.PASSWORD),
            "passwords of an account from anywhere": in_time(limits.PASSWORD_ANYWHERE),
            "passwords of an account on a known device": in_time(limits.PASSWORD_ON_DEVICE),
            "the current password, by session": in_time(limits.CURRENT_PASSWORD),
            "secrets of a client from one address": in_time(limits.CLIENT_SECRET),
            "unknown refresh tokens from one address": in_time(limits.REFRESH_TOKEN),
            "refusals of one kind, user and address": f"2 rows in {settings.audit_window // 60_000} min",
            "users and addresses told apart in that time": f"{settings.audit_sources:,}",
            "callbacks under way": str(MockOptions().max_callbacks),
            "one file or answer": f"{documents.DEFAULT.size // 2**20} MB",
            "files of a document": f"{documents.DEFAULT.files:,}",
            "values of a file, YAML's aliases counted as what they stand for": f"{documents.DEFAULT.values:,}",
            "levels of a file": str(documents.DEFAULT.depth),
            "fetching one address, 5 redirects included": f"{documents.DEFAULT.seconds:.0f} s",
        }
        == documented
    )


def test_make_attacks_runs_what_the_page_names():
    named = steps.attacks()
    assert "tests/end_to_end/attacks" in named
    assert len(named) == len(set(named)), "named twice"
    for path in named:
        assert (ROOT / path).exists(), f"SECURITY.md names {path}, which is not there"
    (step,) = steps.NAMED
    assert step.commands[0].split()[-len(named) :] == named
    assert "tests.steps attacks" in (ROOT / "Makefile").read_text()


def test_every_link_of_the_page_leads_somewhere():
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / link).exists(), link
