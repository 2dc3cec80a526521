"""Files and directories that their owner alone may read: made so, and mended where they are open to others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from cierre.phrases import Phrase

DIRECTORY = 0o700
FILE = 0o600
# What SQLite keeps beside a database; it gives them the database's own mode.
_BESIDE_DATABASE = ("", "-wal", "-shm", "-journal")


def make_directory(path: Path) -> None:
    """Make the directory, and those above it that are missing, with mode 0700. One that exists stays as it is.

    Raises:
        OSError: it can't be made.
    """
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True, mode=DIRECTORY)


def make_file(path: Path) -> None:
    """Make an empty file with mode 0600. One that exists stays as it is.

    Raises:
        OSError: it can't be made.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE))


def with_companions(database: Path) -> list[Path]:
    """A database file of SQLite's and what belongs to it."""
    return [database.with_name(database.name + suffix) for suffix in _BESIDE_DATABASE]


def of_data_directory(directory: Path) -> Iterator[Path]:
    """What Cierre keeps in its data directory, and the directory itself; some may not exist."""
    keys = directory / "keys"
    yield from (directory, keys, directory / "secret", directory / ".lock", keys / ".lock")
    yield directory / "localhost.pem"
    yield from keys.glob("*.pem")
    yield from with_companions(directory / "cierre.db")


def mend(paths: Iterable[Path]) -> list[Phrase]:
    """Take away what others may do with the files and directories.

    Returns:
        A sentence for each that was open to others: that it was mended, or why it could not be.
    """
    messages: list[Phrase] = []
    for path in paths:
        mode = _open_to_others(path)
        if mode is None:
            continue
        wanted = DIRECTORY if stat.S_ISDIR(mode) else FILE
        try:
            # A directory such as /tmp belongs to everybody, and is no place for keys.
            if mode & stat.S_ISVTX:
                messages.append(
                    Phrase("{path} is a directory that all users share: choose another --data-dir", path=path)
                )
                continue
            path.chmod(stat.S_IMODE(mode) & wanted)
            message = "{path} had the mode {mode:04o}: it is {wanted:04o} now"
            messages.append(Phrase(message, path=path, mode=stat.S_IMODE(mode), wanted=wanted))
        except OSError as failure:
            message = "{warning}, and can't be changed ({reason}): chmod {wanted:04o} {path}"
            values = {"warning": _warning(path, mode), "reason": failure.strerror, "wanted": wanted, "path": path}
            messages.append(Phrase(message, **values))
    return messages


def warn(paths: Iterable[Path]) -> list[Phrase]:
    """A sentence for each file that is open to others; nothing is changed."""
    modes = ((path, _open_to_others(path)) for path in paths)
    return [
        Phrase("{warning}: chmod {wanted:04o} {path}", warning=_warning(path, mode), wanted=FILE, path=path)
        for path, mode in modes
        if mode is not None
    ]


def _warning(path: Path, mode: int) -> Phrase:
    return Phrase("{path} is open to other users (mode {mode:04o})", path=path, mode=stat.S_IMODE(mode))


def _open_to_others(path: Path) -> int | None:
    """The mode of what group or others may use; None: they may not, or there is nothing."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    return mode if mode & (stat.S_IRWXG | stat.S_IRWXO) else None
