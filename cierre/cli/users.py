"""`cierre users`: who may log in."""

from __future__ import annotations

import os
import re
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from cierre.cli import options
from cierre.cli.administration import closed_sessions, run_operation, table
from cierre.cli.language import asked
from cierre.cli.passwords import given, password_options
from cierre.principal import ROLES
from cierre.settings import PASSWORD_MEMORY, PASSWORD_PASSES

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext
    from cierre.storage.rows import UserRow

_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
_USER_ID = re.compile(r"^[0-9a-f]{24}$")
_role = click.Choice(ROLES, case_sensitive=False)


_min_length = options.password_min_length("12")


@click.group(name="users", short_help="Add users; change their role, password and state.")
def command() -> None:
    """Add users; change their role, password and state."""


@command.command()
@click.argument("email")
@password_options
@_min_length
@options.password_hashing("19456", "2")
@options.option("--role", "What the user may do.", type=_role, default="EMPLEADO", show_default=True)
@options.option("--id", "The user's id, 24 characters 0-9 a-f. [default: a new one]")
@options.option(
    "--tokenable-id",
    "The user's key in a Laravel that shares its Sanctum tokens.",
    type=click.IntRange(1, 2**63 - 1),
)
@options.database_url
@options.data_dir
def add(
    email: str,
    password: str | None,
    password_file: TextIO | None,
    password_min_length: int | None,
    password_memory: int | None,
    password_passes: int | None,
    role: str,
    id: str | None,  # noqa: A002 - the option's name
    tokenable_id: int | None,
    database_url: str | None,
    data_dir: Path,
) -> None:
    """Add a user who logs in by EMAIL."""
    from cierre.domain.passwords import Passwords
    from cierre.storage.repositories import audit, users
    from cierre.tokens.opaque import new_id

    if not _EMAIL.match(email):
        raise click.UsageError(_("{email!r} is no e-mail address").format(email=email))
    if id is not None and not _USER_ID.match(id):
        raise click.UsageError(_("{id!r} is no user id: 24 characters 0-9 a-f").format(id=id))
    chosen = given(password, password_file)
    check_password(chosen, email=email.lower(), min_length=password_min_length)
    passwords = Passwords(memory=password_memory or PASSWORD_MEMORY, passes=password_passes or PASSWORD_PASSES)
    user_id = id or new_id()

    async def do(context: OperationContext) -> None:
        if await users.by_email(context.tx, email.lower()) is not None:
            raise click.UsageError(_("{email} exists already").format(email=email))
        if await users.by_id(context.tx, user_id) is not None:
            raise click.UsageError(_("the id {user_id} is taken").format(user_id=user_id))
        if tokenable_id is not None and await users.by_tokenable_id(context.tx, tokenable_id) is not None:
            raise click.UsageError(_("the tokenable id {tokenable_id} is taken").format(tokenable_id=tokenable_id))
        async with context.tx.atomic():
            await users.add(
                context.tx,
                user_id=user_id,
                email=email.lower(),
                password_hash=passwords.hash_now(chosen),
                role=role,
                tokenable_id=tokenable_id,
            )
            await audit.record(context.tx, "user_added", context.caller, user_id=user_id, subject=role)

    run_operation(database_url, data_dir, do)
    click.echo(user_id)


@command.command(name="list")
@options.database_url
@options.data_dir
def list_users(database_url: str | None, data_dir: Path) -> None:
    """List the users."""
    from cierre.storage.repositories import users

    rows = run_operation(database_url, data_dir, lambda context: users.every(context.tx))
    table(
        [_("ID"), _("EMAIL"), _("ROLE"), _("STATE")],
        [[row["id"], row["email"], row["role"], _("enabled") if row["enabled"] else _("disabled")] for row in rows],
    )


@command.command()
@click.argument("email")
@click.argument("role", type=_role)
@options.database_url
@options.data_dir
def role(email: str, role: str, database_url: str | None, data_dir: Path) -> None:
    """Give the user of EMAIL another ROLE, and log the user out.

    All sessions of the user are closed, since their tokens say the old role.
    """
    from cierre.domain import closing
    from cierre.storage.repositories import audit, users

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await users.set_role(context.tx, user["id"], role)
            await audit.record(context.tx, "role_changed", context.caller, user_id=user["id"], subject=role)
            result = await closing.close_all(context, user["id"], closing.consequence("role_change"))
        return result.sessions_closed

    count = run_operation(database_url, data_dir, do)
    click.echo(_("{email} is {role}; {sessions}").format(email=email, role=role, sessions=closed_sessions(count)))


@command.command()
@click.argument("email")
@options.database_url
@options.data_dir
def disable(email: str, database_url: str | None, data_dir: Path) -> None:
    """Keep the user of EMAIL from logging in, and log the user out."""
    from cierre.domain import closing
    from cierre.storage.repositories import audit, users

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await users.set_enabled(context.tx, user["id"], enabled=False)
            await audit.record(context.tx, "account_disabled", context.caller, user_id=user["id"])
            result = await closing.close_all(context, user["id"], closing.consequence("account_disabled"))
        return result.sessions_closed

    count = run_operation(database_url, data_dir, do)
    click.echo(_("{email} is disabled; {sessions}").format(email=email, sessions=closed_sessions(count)))


@command.command()
@click.argument("email")
@options.database_url
@options.data_dir
def enable(email: str, database_url: str | None, data_dir: Path) -> None:
    """Let the user of EMAIL log in again."""
    from cierre.storage.repositories import audit, users

    async def do(context: OperationContext) -> None:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await users.set_enabled(context.tx, user["id"], enabled=True)
            await audit.record(context.tx, "account_enabled", context.caller, user_id=user["id"])

    run_operation(database_url, data_dir, do)
    click.echo(_("{email} is enabled").format(email=email))


@command.command()
@click.argument("email")
@password_options
@_min_length
@options.password_hashing("19456", "2")
@options.database_url
@options.data_dir
def password(
    email: str,
    password: str | None,
    password_file: TextIO | None,
    password_min_length: int | None,
    password_memory: int | None,
    password_passes: int | None,
    database_url: str | None,
    data_dir: Path,
) -> None:
    """Set the password of the user of EMAIL, and log the user out."""
    from cierre.domain import closing
    from cierre.domain.passwords import Passwords
    from cierre.storage.repositories import audit, users

    chosen = given(password, password_file)
    check_password(chosen, email=email.lower(), min_length=password_min_length)
    passwords = Passwords(memory=password_memory or PASSWORD_MEMORY, passes=password_passes or PASSWORD_PASSES)

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await users.set_password(context.tx, user["id"], passwords.hash_now(chosen))
            await audit.record(context.tx, "password_changed", context.caller, user_id=user["id"])
            result = await closing.close_all(context, user["id"], closing.consequence("password_change"))
        return result.sessions_closed

    count = run_operation(database_url, data_dir, do)
    click.echo(_("{email} has a new password; {sessions}").format(email=email, sessions=closed_sessions(count)))


def check_password(password: str, *, email: str, min_length: int | None) -> None:
    """Refuse a password that the service would refuse, with the rule that it breaks.

    Args:
        email: in small letters.
        min_length: in characters; None: the service's own default.
    """
    from cierre.dialects.rendering import message
    from cierre.domain import password_rules
    from cierre.errors import PasswordRefused
    from cierre.settings import PASSWORD_MIN_LENGTH

    try:
        password_rules.check(password, email=email, min_length=min_length or PASSWORD_MIN_LENGTH)
    except PasswordRefused as refused:
        raise click.UsageError(message(refused, asked(os.environ), "session")) from None


async def find_user(context: OperationContext, email: str) -> UserRow:
    """The user; a mistyped one is the caller's mistake."""
    from cierre.storage.repositories import users

    user = await users.by_email(context.tx, email.lower())
    if user is None:
        raise click.UsageError(_("there is no user {email}").format(email=email))
    return user
