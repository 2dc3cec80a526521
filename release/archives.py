"""The sdist and the wheel of a checkout. The same commit gives the same bytes, on any day and with any umask."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory


def epoch(checkout: Path) -> int:
    """When the release was made, in seconds: SOURCE_DATE_EPOCH where it is set, else the time of the last commit.

    Raises:
        subprocess.CalledProcessError: neither is there.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    shown = subprocess.run(
        ["git", "-C", str(checkout), "log", "-1", "--format=%ct"], check=True, capture_output=True, text=True
    )
    return int(shown.stdout)


def build(checkout: Path, folder: Path, *, when: int) -> tuple[Path, Path]:
    """Write the sdist and the wheel into `folder`; the wheel is made from the sdist.

    Args:
        checkout: the sources; nothing is written into them but setuptools' `*.egg-info`.
        folder: exists.
        when: seconds since 1970, the time of every file in both.

    Raises:
        subprocess.CalledProcessError: the build failed, and has said why.
    """
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        _build(checkout, work / "sdist", "--sdist", when=when)
        (made,) = (work / "sdist").iterdir()
        sdist = folder / made.name
        sdist.write_bytes(normalised(made.read_bytes(), when=when))
        with tarfile.open(sdist) as archive:
            archive.extractall(work / "sources", filter="tar")
        (sources,) = (work / "sources").iterdir()
        _build(sources, work / "wheel", "--wheel", when=when)
        (made,) = (work / "wheel").iterdir()
        return sdist, shutil.move(made, folder / made.name)


def normalised(sdist: bytes, *, when: int) -> bytes:
    """A .tar.gz of the same files without what differs from machine to machine: times, owners, modes, order.

    setuptools heeds SOURCE_DATE_EPOCH for wheels alone.
    """
    raw = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(sdist)) as old,
        tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old, key=lambda one: one.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, when
            plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(plain, old.extractfile(member) if member.isreg() else None)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=when) as file:
        file.write(raw.getvalue())
    return packed.getvalue()


def _build(checkout: Path, folder: Path, kind: str, *, when: int) -> None:
    # Without isolation: setuptools is the one of the lock.
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", kind, "--outdir", str(folder), str(checkout)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        umask=0o022,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(when)},
    )
