"""The secrets of confidential clients: generated, never chosen, and two at a time while a client changes its own."""

from __future__ import annotations

from cierre.domain.context import OperationContext
from cierre.storage.repositories import clients
from cierre.storage.rows import ClientRow, ClientSecretsRow
from cierre.tokens.opaque import digest, new_secret, same


class StillTwo(ValueError):
    """The client has two secrets already: the one before the last is still good."""


class ChangedMeanwhile(ValueError):
    """Somebody else changed the client's secret at the same time."""


def proves(client: ClientSecretsRow, secret: str, *, now: int) -> bool:
    """Whether the secret is the client's own, or the one before it within its overlap.

    Args:
        now: milliseconds since the epoch.
    """
    hashed = digest(secret)
    current, previous, until = client["secret_hash"], client["previous_secret_hash"], client["previous_secret_until"]
    is_current = current is not None and same(current, hashed)
    is_previous = previous is not None and until is not None and now < until and same(previous, hashed)
    return is_current or is_previous


async def rotate(context: OperationContext, client: ClientRow, *, overlap: int | None) -> str:
    """Give the client a new secret. Returns the secret, which is kept nowhere: only its hash is stored.

    Args:
        overlap: milliseconds for which the secret that it has now stays good beside the new one; None: it ends now,
            and so does an earlier one that was still good.

    Raises:
        StillTwo: an earlier secret is still good; a third would end it before its time.
        ChangedMeanwhile: somebody else was faster.
    """
    until = client["previous_secret_until"]
    if overlap is not None and until is not None and context.now < until:
        raise StillTwo
    secret = new_secret()
    ends = None if overlap is None else context.now + overlap
    if not await clients.rotate_secret(context.tx, client, secret_hash=digest(secret), previous_until=ends):
        raise ChangedMeanwhile
    return secret
