"""For the services behind Cierre: is this access token good, and is its session still open?

    verifier = Verifier(issuer="https://auth.example.com", revocations="postgresql://reader@db/cierre")
    async with verifier:
        access = await verifier.verify(token)

`Verifier` is for asyncio; `ThreadedVerifier` is the same for Flask and its kind; `BearerAuth` is ASGI middleware. See
docs/verifier.md. Importing this imports neither Connexion nor a server, and a database driver only where one is used.
"""

from __future__ import annotations

from cierre.verifier.checking import Access, Verifier
from cierre.verifier.middleware import BearerAuth
from cierre.verifier.refusals import AmbiguousPath, Expired, Invalid, Missing, Refused, Revoked, Unavailable
from cierre.verifier.sources import Introspection
from cierre.verifier.threaded import ThreadedVerifier

__all__ = [
    "Access",
    "AmbiguousPath",
    "BearerAuth",
    "Expired",
    "Introspection",
    "Invalid",
    "Missing",
    "Refused",
    "Revoked",
    "ThreadedVerifier",
    "Unavailable",
    "Verifier",
]
