"""`cierre audit list`: the events of the audit trail, and those that come."""

from __future__ import annotations

import time
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from cierre.cli import options
from cierre.cli.administration import run_operation, table
from cierre.cli.users import find_user
from cierre.outcomes import LogoutType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cierre.domain.context import OperationContext
    from cierre.storage.rows import AuditEventRow

Command = TypeVar("Command", bound=Callable[..., Any])

# Milliseconds. No transaction of the service is open for so long: what has not come until then does not come.
_OVERLAP = 60_000
# Seconds between two looks.
_PAUSE = 1.0
_MOST = 100_000


def filters(command: Command) -> Command:
    """The options by which events are chosen; `chosen` reads their values."""
    for one in reversed(
        [
            options.option("--user", "Whom it concerns: an e-mail address or a user id."),
            options.option("--actor", "Who did it: a user id, a client id or an operator's name."),
            options.option("--event", "The kind of event, such as login_failed."),
            options.option("--session", "The session that it concerns."),
            options.option("--type", "The type of logout.", type=click.Choice(get_args(LogoutType))),
            options.option("--since", "Not older than so long: 24h.", type=options.DURATION),
            options.option("--until", "Older than so long: 1h.", type=options.DURATION),
        ]
    ):
        command = one(command)
    return command


async def chosen(context: OperationContext, given: dict[str, Any]) -> dict[str, Any]:
    """What the options of `filters` say, as `audit.trail` takes it.

    Raises:
        click.ClickException: there is no user with this e-mail address.
    """
    user = given["user"]
    times = {
        name: None if given[option] is None else context.now - given[option]
        for name, option in (("from_time", "since"), ("to_time", "until"))
    }
    return {
        "user_id": (await find_user(context, user))["id"] if user and "@" in user else user,
        "actor_id": given["actor"],
        "event": given["event"],
        "session_id": given["session"],
        "logout_type": given["type"],
        **times,
    }


@click.command(name="list")
@filters
@options.option("--limit", "Events.", type=click.IntRange(1, _MOST), default=100, show_default=True)
@options.option("--json", "One JSON object a line, with all that an event has.", is_flag=True)
@options.option("--follow", "Oldest first, and then those that come, until Ctrl-C.", is_flag=True)
@options.database_url
@options.data_dir
def command(limit: int, json: bool, follow: bool, database_url: str | None, data_dir: Path, **given: Any) -> None:
    """List events of all kinds, newest first."""
    if follow and given["until"] is not None:
        raise click.UsageError(_("--follow has no end: leave out --until"))

    async def do(context: OperationContext) -> None:
        from cierre.storage.repositories import audit

        where = await chosen(context, given)
        if follow:
            await _follow(context, where, limit, _print_json if json else _print_lines)
        else:
            rows = await audit.trail(context.tx, limit=limit, **where)
            (_print_json if json else _print_table)(rows)

    run_operation(database_url, data_dir, do)


async def _follow(
    context: OperationContext, where: dict[str, Any], limit: int, show: Callable[[Sequence[AuditEventRow]], None]
) -> None:
    """Show the last events, and then what comes.

    Numbers are no order of commits, so that whatever is new among the events of the last minute is shown.
    """
    import asyncio

    from cierre.storage.repositories import audit

    begun = time.monotonic()
    seen = {row["seq"] for row in await _recent(context, where, context.now)}
    last = await audit.trail(context.tx, limit=limit, **where)
    show([row for row in last[::-1] if row["seq"] in seen or row["timestamp"] <= context.now - _OVERLAP])
    while True:
        await asyncio.sleep(_PAUSE)
        rows = await _recent(context, where, context.now + int((time.monotonic() - begun) * 1000))
        show([row for row in rows[::-1] if row["seq"] not in seen])
        seen = {row["seq"] for row in rows}


async def _recent(context: OperationContext, where: dict[str, Any], now: int) -> Sequence[AuditEventRow]:
    from cierre.storage.repositories import audit

    return await audit.trail(context.tx, limit=_MOST, **{**where, "from_time": now - _OVERLAP})


def as_json(event: AuditEventRow) -> dict[str, Any]:
    """All that an event has; its time as RFC 3339 has it."""
    from cierre.clock import rfc3339

    return {**dict(event), "timestamp": rfc3339(event["timestamp"]), "success": bool(event["success"])}


def _print_json(events: Sequence[AuditEventRow]) -> None:
    import orjson

    for event in events:
        click.echo(orjson.dumps(as_json(event)).decode())


def _print_table(events: Sequence[AuditEventRow]) -> None:
    headings = [_("TIME"), _("EVENT"), _("ACTOR"), _("USER"), _("REASON"), _("SUBJECT"), _("TIMES")]
    table(headings, [_cells(event) for event in events])


def _print_lines(events: Sequence[AuditEventRow]) -> None:
    for event in events:
        click.echo("  ".join(str(cell) for cell in _cells(event) if cell is not None))


def _cells(event: AuditEventRow) -> list[Any]:
    from cierre.clock import rfc3339

    return [
        rfc3339(event["timestamp"]),
        event["event"],
        " ".join(filter(None, (event["actor_type"], event["actor_id"]))),
        event["user_id"],
        event["reason"],
        event["subject"],
        event["attempts"],
    ]
