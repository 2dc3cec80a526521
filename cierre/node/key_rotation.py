"""A new signing key every so often. One node makes it; the others find its file, as after `cierre keys rotate`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import structlog

from cierre.clock import rfc3339
from cierre.principal import SYSTEM, Caller
from cierre.services import Services
from cierre.settings import MINUTE
from cierre.storage.repositories import audit, leases
from cierre.tokens import key_files
from cierre.tokens.passphrases import read_passphrase

_log = structlog.get_logger("cierre.node.key_rotation")

_LEASE = "key-rotation"
# Longer than a shared file system takes until it shows the new file to every node.
_LEASE_LENGTH = 5 * MINUTE


class KeyRotation:
    """Makes the next key when the last one has signed for long enough.

    Args:
        every: milliseconds from when a key begins to sign until the next one does.
        now: milliseconds since the epoch; None: the database's time.
    """

    def __init__(self, services: Services, *, every: int, now: Callable[[], int] | None = None) -> None:
        self._services = services
        self._directory = services.settings.data_dir / "keys"
        self._every = every
        self._now = now or services.database.clock.now
        self._name = str(uuid.uuid4())

    async def rotate_when_due(self) -> None:
        """Make a key, if it is time for one, no other node does, and the time is certain.

        The key before it stays published until the last token that it signed has expired: `KeyRing`.

        Raises:
            ServiceUnavailable: the database is away.
            BadKey: the keys, or their passphrase, can't be read.
            OSError: the directory can't be written.
        """
        settings = self._services.settings
        if not self._is_due() or not self._services.database.clock.is_steady(settings.clock_tolerance):
            return
        async with self._services.database.connect() as tx:
            tx.now = self._now()
            mine = await leases.acquire(tx, _LEASE, holder=self._name, until=tx.now + _LEASE_LENGTH)
        # Another node may have been faster, and its lease over already.
        if not mine or not self._is_due():
            return
        # A new RSA key takes a good part of a second.
        key = await asyncio.to_thread(
            key_files.rotate,
            self._directory,
            settings.algorithm,
            lead=settings.key_lead,
            passphrase=read_passphrase(settings.key_passphrase_file),
            now=self._now(),
        )
        caller = Caller(None, None, str(uuid.uuid4()), SYSTEM)
        async with self._services.database.connect() as tx:
            await audit.record(tx, "key_rotated", caller, subject=key.kid)
        _log.info("key_rotated", kid=key.kid, signs_from=rfc3339(key.signs_from))

    def _is_due(self) -> bool:
        """Whether the next key, published now, would sign when the last one has done so for long enough."""
        last = key_files.last_signs_from(self._directory)
        return self._now() + self._services.settings.key_lead >= last + self._every
