"""Where documents are read from: files, and addresses of http and https. Nothing else is opened."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from cierre.oas.limits import DocumentLimits
from cierre.phrases import Phrase, reason_of

if TYPE_CHECKING:
    import httpx

_REDIRECTS = 5
_PORTS = {"http": 80, "https": 443}


class Unreadable(Exception):
    """What stands at a location cannot be read; `why` is the message."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(why)
        self.why = why


class Fetched(NamedTuple):
    """What stood at an address, and what the server named that version by.

    Attributes:
        raw: the text.
        etag: the field ETag, "" for none.
        modified: the field Last-Modified, "" for none.
    """

    raw: bytes
    etag: str = ""
    modified: str = ""


class Location(ABC):
    """One file or address. Two of the same place are equal."""

    @abstractmethod
    def __str__(self) -> str:
        """As the user knows it, and as a terminal opens it."""

    @abstractmethod
    def read(self, limits: DocumentLimits) -> bytes:
        """The text there.

        Raises:
            Unreadable: there is none, or it is past a limit.
        """

    @abstractmethod
    def join(self, reference: str) -> Location:
        """Where a relative reference, without its fragment, leads from here.

        Raises:
            Unreadable: to a scheme that is not read.
        """

    @abstractmethod
    def allows(self, other: Location, more: Collection[str]) -> bool:
        """Whether the document here may refer to `other`: it is in the same folder, below it, or below one of `more`.

        Of an address, the same origin takes the place of the folder.

        Args:
            other: what a `$ref` of the document, or of a file that the document refers to, leads to.
            more: folders, and beginnings of addresses.
        """

    @abstractmethod
    def relative(self, other: Location) -> str:
        """The other one as a reference from here, where that is shorter than its name."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The file's name."""

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return Path(self.name).stem


class FileLocation(Location):
    """A file of this machine.

    Args:
        path: of the file.
        shown: as the user knows it; by default relative to the working directory where it is below.
    """

    def __init__(self, path: Path, shown: str | None = None) -> None:
        self.path = path.resolve()
        self._shown = shown or relative(path)

    def __str__(self) -> str:
        return self._shown

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileLocation) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def name(self) -> str:
        return self.path.name

    def relative(self, other: Location) -> str:
        if isinstance(other, FileLocation) and other.path.is_relative_to(self.path.parent):
            return other.path.relative_to(self.path.parent).as_posix()
        return str(other)

    def read(self, limits: DocumentLimits) -> bytes:
        try:
            with self.path.open("rb") as file:
                raw = file.read(limits.size + 1)
        except OSError as error:
            raise Unreadable(Phrase("cannot be read: {reason}", reason=reason_of(error))) from None
        return sized(raw, limits)

    def join(self, reference: str) -> Location:
        split = urlsplit(reference)
        if split.scheme or split.netloc:
            return UrlLocation(reference)
        path = self.path.parent / unquote(split.path)
        shown = Path(self._shown).parent / unquote(split.path)
        return FileLocation(path, relative(path) if shown.is_absolute() else shown.as_posix())

    def allows(self, other: Location, more: Collection[str]) -> bool:
        if isinstance(other, UrlLocation):
            return any(other.url.startswith(start) for start in more)
        assert isinstance(other, FileLocation)
        folders = [self.path.parent, *(Path(folder).resolve() for folder in more if "://" not in folder)]
        return any(other.path.is_relative_to(folder) for folder in folders)


class UrlLocation(Location):
    """An address of http or https.

    Args:
        url: a fragment is left out.

    Raises:
        Unreadable: it has another scheme.
    """

    def __init__(self, url: str) -> None:
        self.url = url.partition("#")[0]
        split = urlsplit(self.url)
        if split.scheme not in _PORTS or not split.hostname:
            raise Unreadable(Phrase("{url}: only files and addresses of http and https are read", url=self.url))
        self.origin = split.scheme, split.hostname, split.port or _PORTS[split.scheme]

    def __str__(self) -> str:
        return self.url

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UrlLocation) and self.url == other.url

    def __hash__(self) -> int:
        return hash(self.url)

    @property
    def name(self) -> str:
        return Path(urlsplit(self.url).path).name or "index"

    def relative(self, other: Location) -> str:
        return str(other).removeprefix(urljoin(self.url, "."))

    def join(self, reference: str) -> Location:
        return UrlLocation(urljoin(self.url, reference))

    def allows(self, other: Location, more: Collection[str]) -> bool:
        if not isinstance(other, UrlLocation):
            return False
        return other.origin == self.origin or any(other.url.startswith(start) for start in more)

    def read(self, limits: DocumentLimits) -> bytes:
        return self.fetch(limits).raw

    def fetch(self, limits: DocumentLimits, known: Fetched | None = None) -> Fetched:
        """What stands there now.

        Args:
            limits: of its text.
            known: what stood there before; it is returned where the server says that it still does (RFC 9110,
                section 13.1).

        Raises:
            Unreadable: there is nothing, or it is past a limit.
        """
        import httpx  # noqa: PLC0415 - a file is read without it

        until = time.monotonic() + limits.seconds
        try:
            with httpx.Client(timeout=min(limits.seconds, 10.0)) as client:
                return self._fetch(client, limits, until, known)
        except httpx.TimeoutException:
            raise Unreadable(Phrase("cannot be fetched: timed out")) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise Unreadable(Phrase("cannot be fetched: {reason}", reason=reason)) from None

    def _fetch(self, client: httpx.Client, limits: DocumentLimits, until: float, known: Fetched | None) -> Fetched:
        url, fields = self.url, {"Accept": "application/json, application/yaml, */*"}
        if known is not None and known.etag:
            fields["If-None-Match"] = known.etag
        elif known is not None and known.modified:
            fields["If-Modified-Since"] = known.modified
        for _ in range(_REDIRECTS + 1):
            with client.stream("GET", url, headers=fields) as answer:
                if answer.next_request is not None:
                    url = UrlLocation(str(answer.next_request.url)).url
                    continue
                if answer.status_code == 304 and known is not None:
                    return known
                if answer.status_code != 200:
                    raise Unreadable(Phrase("cannot be fetched: answered with {status}", status=answer.status_code))
                raw = _received(answer, limits, until)
                return Fetched(raw, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))
        raise Unreadable(Phrase("cannot be fetched: more than {count} redirects", count=_REDIRECTS))


def _received(answer: httpx.Response, limits: DocumentLimits, until: float) -> bytes:
    """The body, decoded, as far as the limits go."""
    raw = bytearray()
    for chunk in answer.iter_bytes():
        raw += chunk
        if len(raw) > limits.size:
            break
        if time.monotonic() > until:
            raise Unreadable(Phrase("cannot be fetched: took longer than {seconds:g} s", seconds=limits.seconds))
    return sized(bytes(raw), limits)


def sized(raw: bytes, limits: DocumentLimits) -> bytes:
    """The text itself. Raises Unreadable: it is past the limit."""
    if len(raw) > limits.size:
        raise Unreadable(Phrase("is larger than {size:,} bytes", size=limits.size))
    return raw


def locate(source: str | Path | Location) -> Location:
    """A file's path or an address, as the user wrote it.

    Raises:
        Unreadable: an address of another scheme than http and https.
    """
    if isinstance(source, Location):
        return source
    if isinstance(source, str) and "://" in source:
        return UrlLocation(source)
    path = Path(source)
    return FileLocation(path, str(path))


def relative(file: Path) -> str:
    """The file as a user reads it: relative to the working directory, if it is below."""
    resolved, here = file.resolve(), Path.cwd().resolve()
    return resolved.relative_to(here).as_posix() if resolved.is_relative_to(here) else str(resolved)
