"""`cierre users`: who may log in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation, table
from cierre.principal import ROLES

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext
    from cierre.storage.rows import UserRow

_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
_USER_ID = re.compile(r"^[0-9a-f]{24}$")
_role = click.Choice(ROLES, case_sensitive=False)


def _not_empty(password: str) -> str:
    if not password:
        raise ValueError("an empty password lets nobody in")
    return password


_password = options.option(
    "--password",
    "The password; asked for where it is not given.",
    type=options.Parsed("text", _not_empty),
    prompt=True,
    hide_input=True,
)


@click.group(name="users", short_help="Add users; change their role, password and state.")
def command() -> None:
    """Add users; change their role, password and state."""


@command.command()
@click.argument("email")
@_password
@click.option("--role", type=_role, default="EMPLEADO", show_default=True, envvar="CIERRE_ROLE", show_envvar=True)
@options.option("--id", "24 hex characters. [default: a new one]")
@options.option(
    "--tokenable-id",
    "The user's key in a Laravel that shares its Sanctum tokens.",
    type=click.IntRange(1, 2**63 - 1),
)
@options.database_url
@options.data_dir
def add(
    email: str,
    password: str,
    role: str,
    id: str | None,  # noqa: A002 - the option's name
    tokenable_id: int | None,
    database_url: str | None,
    data_dir: Path,
) -> None:
    """Add a user who logs in by EMAIL."""
    from cierre.domain import passwords
    from cierre.storage.repositories import users
    from cierre.tokens.opaque import new_id

    if not _EMAIL.match(email):
        raise click.UsageError(f"{email!r} is no e-mail address")
    if id is not None and not _USER_ID.match(id):
        raise click.UsageError(f"{id!r} is no user id: 24 characters 0-9 a-f")
    user_id = id or new_id()

    async def do(context: OperationContext) -> None:
        if await users.by_email(context.tx, email.lower()) is not None:
            raise click.UsageError(f"{email} exists already")
        if await users.by_id(context.tx, user_id) is not None:
            raise click.UsageError(f"the id {user_id} is taken")
        if tokenable_id is not None and await users.by_tokenable_id(context.tx, tokenable_id) is not None:
            raise click.UsageError(f"the tokenable id {tokenable_id} is taken")
        await users.add(
            context.tx,
            user_id=user_id,
            email=email.lower(),
            password_hash=passwords.hash_now(password),
            role=role,
            tokenable_id=tokenable_id,
        )

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
        ["ID", "EMAIL", "ROLE", "STATE"],
        [[row["id"], row["email"], row["role"], "enabled" if row["enabled"] else "disabled"] for row in rows],
    )


@command.command()
@click.argument("email")
@click.argument("role", type=_role)
@options.database_url
@options.data_dir
def role(email: str, role: str, database_url: str | None, data_dir: Path) -> None:
    """Give the user of EMAIL another ROLE; his sessions are closed, since their tokens say the old one."""
    from cierre.domain import closing
    from cierre.storage.repositories import users

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await users.set_role(context.tx, user["id"], role)
            result = await closing.close_all(context, user["id"], closing.automatic("role_change"))
        return result.sessions_closed

    click.echo(f"{email} is {role}; {run_operation(database_url, data_dir, do)} sessions closed")


@command.command()
@click.argument("email")
@options.database_url
@options.data_dir
def disable(email: str, database_url: str | None, data_dir: Path) -> None:
    """Keep the user of EMAIL from logging in, and close his sessions."""
    from cierre.domain import closing
    from cierre.storage.repositories import users

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await users.set_enabled(context.tx, user["id"], enabled=False)
            result = await closing.close_all(context, user["id"], closing.automatic("account_disabled"))
        return result.sessions_closed

    click.echo(f"{email} is disabled; {run_operation(database_url, data_dir, do)} sessions closed")


@command.command()
@click.argument("email")
@options.database_url
@options.data_dir
def enable(email: str, database_url: str | None, data_dir: Path) -> None:
    """Let the user of EMAIL log in again."""
    from cierre.storage.repositories import users

    async def do(context: OperationContext) -> None:
        user = await find_user(context, email)
        await users.set_enabled(context.tx, user["id"], enabled=True)

    run_operation(database_url, data_dir, do)
    click.echo(f"{email} is enabled")


@command.command()
@click.argument("email")
@_password
@options.database_url
@options.data_dir
def password(email: str, password: str, database_url: str | None, data_dir: Path) -> None:
    """Set the password of the user of EMAIL, and close his sessions."""
    from cierre.domain import closing, passwords
    from cierre.storage.repositories import users

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await users.set_password(context.tx, user["id"], passwords.hash_now(password))
            result = await closing.close_all(context, user["id"], closing.automatic("password_change"))
        return result.sessions_closed

    click.echo(f"{email} has a new password; {run_operation(database_url, data_dir, do)} sessions closed")


async def find_user(context: OperationContext, email: str) -> UserRow:
    """The user; a mistyped one is the caller's mistake."""
    from cierre.storage.repositories import users

    user = await users.by_email(context.tx, email.lower())
    if user is None:
        raise click.UsageError(f"there is no user {email}")
    return user
