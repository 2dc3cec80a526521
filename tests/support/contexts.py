"""Acts of the domain without a request around them."""

from contextlib import asynccontextmanager

from cierre.domain import logins
from cierre.domain.context import OperationContext
from cierre.principal import Caller
from cierre.storage.repositories import users
from tests.support.running import USER

NOBODY = Caller(None, None, "00000000-0000-4000-8000-000000000000")


@asynccontextmanager
async def context(services, *, later=0, caller=NOBODY):
    """An act; `later`: it takes place so many milliseconds from now."""
    async with services.database.connect() as tx:
        tx.now += later
        yield OperationContext(tx, caller, services.settings, services.announcer)


async def opened(services, user_id=USER, **more):
    """A session opened as login does it, but for the password."""
    async with context(services) as now:
        account = await users.by_id(now.tx, user_id)
        return await logins.login(now, services.issuer, account, client_id="cierre", **more)
