"""What caches may do with answers: nothing, unless the mock was told to send what the document says.

An answer depends on the field Prefer, and on a document that is edited. A browser that keeps it for the hour of the
document's `max-age` shows neither.
"""

from __future__ import annotations

from functools import lru_cache

from cierre.mocks.messages import Headers

# What decides about an answer beside method, URL and body; Origin is added where it does.
_DECIDING = ("Accept", "Authorization", "Cookie", "Prefer")
_FRESHNESS = frozenset({b"cache-control", b"expires", b"age", b"pragma"})


def fresh(headers: Headers, *, cache: bool) -> Headers:
    """The fields of an answer with `Vary` on all that decides, and no storing.

    Args:
        headers: of the answer.
        cache: keep the document's own freshness.
    """
    return list(_fresh(tuple(headers), cache=cache))


@lru_cache(maxsize=1024)
def _fresh(headers: tuple[tuple[bytes, bytes], ...], *, cache: bool) -> tuple[tuple[bytes, bytes], ...]:
    vary = [value.decode("latin-1") for name, value in headers if name == b"vary"]
    names = [name.strip() for value in vary for name in value.split(",") if name.strip()]
    known = {name.lower() for name in names}
    names += [name for name in _DECIDING if name.lower() not in known]
    dropped = {b"vary"} if cache else {b"vary", *_FRESHNESS}
    kept = [item for item in headers if item[0] not in dropped]
    kept.append((b"vary", ", ".join(names).encode("latin-1")))
    return tuple(kept if cache else [*kept, (b"cache-control", b"no-store")])
