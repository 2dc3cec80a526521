"""How much a document may ask of whoever reads it."""

from __future__ import annotations

from typing import NamedTuple


class DocumentLimits(NamedTuple):
    """Past one of these a document is refused with a problem that names the limit.

    Attributes:
        size: bytes of one file or answer. The largest public documents have 40 MB.
        files: that one document may be made of.
        values: numbers, texts, lists and objects of one file, each alias of YAML counted as what it stands for.
        depth: of lists and objects in each other.
        seconds: to fetch one address, redirects included.
    """

    size: int = 64 * 2**20
    files: int = 2_000
    values: int = 10_000_000
    depth: int = 200
    seconds: float = 30.0


DEFAULT = DocumentLimits()
