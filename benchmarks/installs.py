"""`python -m benchmarks.installs`: what each extra of Cierre brings, in packages, MB and seconds.

Each is installed by pip, at the lock's versions, into an environment of its own: once to fill pip's cache, once to be
measured. MB are what the environment grows by, with the bytecode that pip compiles; seconds are of this machine.
"""

import re
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.scratch import ROOT

EXTRAS = ("", "lint", "scenarios", "events", "contract", "service", "websockets", "all")
_PIN = re.compile(r"^[\w.-]+==[^ \\]+(?: ;[^\\]+)?", re.MULTILINE)


class Installed(NamedTuple):
    """An environment after an installation. `packages` counts Cierre itself, and not pip."""

    packages: int
    megabytes: float
    seconds: float


def main() -> int:
    with TemporaryDirectory(prefix="cierre-installs-") as folder:
        print("\n".join(table(Path(folder))))
    return 0


def table(folder: Path) -> Iterator[str]:
    """The rows of a Markdown table."""
    wheel = _build(folder / "dist")
    pins = folder / "pins.txt"
    pins.write_text("\n".join(without_hashes((ROOT / "requirements.lock").read_text())), encoding="utf-8")
    yield "| install | packages | MB | seconds |"
    yield "|---|---|---|---|"
    for extra in EXTRAS:
        requirement = f"cierre[{extra}]" if extra else "cierre"
        measure(folder / f"first-{extra}", f"{requirement} @ {wheel.as_uri()}", pins)
        found = measure(folder / f"second-{extra}", f"{requirement} @ {wheel.as_uri()}", pins)
        yield f"| `{requirement}` | {found.packages} | {found.megabytes:.0f} | {found.seconds:.0f} |"


def without_hashes(lock: str) -> list[str]:
    """A lock's pins. With hashes as constraints, pip would ask for one of our own wheel as well."""
    return [pin.strip() for pin in _PIN.findall(lock)]


def measure(folder: Path, requirement: str, pins: Path) -> Installed:
    """Install a requirement into a new environment in `folder`."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    before = _bytes(folder)
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    begun = time.perf_counter()
    subprocess.run([*pip, "install", "--quiet", "--constraint", str(pins), requirement], check=True)
    seconds = time.perf_counter() - begun
    listed = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    return Installed(len(listed.splitlines()), (_bytes(folder) - before) / 1e6, seconds)


def _build(folder: Path) -> Path:
    """The wheel of this checkout."""
    uv = [sys.executable, "-m", "uv", "--quiet"]
    build = [*uv, "build", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    sys.exit(main())
