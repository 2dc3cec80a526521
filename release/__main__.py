"""`make dist`: build, check and describe what is handed out, into dist/.

    cierre-VERSION.tar.gz, cierre-VERSION-….whl    reproducible: the same commit gives the same bytes
    cierre-VERSION.cdx.json    what `cierre[all]` brings, as a software bill of materials (CycloneDX)
    licences.md                the licence of each of these packages
    cierre.1                   the man page
    SHA256SUMS                 of all of them

The tools that check are in an environment of their own, `.venv-release`, which release/requirements.lock pins.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from release.archives import build, epoch
from release.licences import table

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / ".venv-release" / "bin"


def main() -> None:
    """Write dist/ afresh; a check that fails ends it."""
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir()
    when = epoch(ROOT)
    sdist, wheel = build(ROOT, dist, when=when)
    _run(TOOLS / "twine", "check", "--strict", sdist, wheel)
    _run(TOOLS / "check-wheel-contents", wheel)
    name = sdist.name.removesuffix(".tar.gz")
    with TemporaryDirectory() as folder:
        describe(wheel, Path(folder), dist / f"{name}.cdx.json")
        (dist / "cierre.1").write_bytes(_manual(Path(folder) / "bin" / "cierre", when=when))
    bom = json.loads((dist / f"{name}.cdx.json").read_text(encoding="utf-8"))
    (dist / "licences.md").write_text(table(bom), encoding="utf-8")
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(dist.iterdir())]
    (dist / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    sys.stdout.write("".join(sums))


def describe(wheel: Path, environment: Path, bom: Path) -> None:
    """Install the wheel with `[all]`, as the lock pins it, and write what is in the environment then."""
    _run(sys.executable, "-m", "uv", "--quiet", "venv", "--clear", environment)
    install = (sys.executable, "-m", "uv", "--quiet", "pip", "install", "--python", environment / "bin" / "python")
    _run(*install, "--constraint", ROOT / "requirements.lock", f"cierre[all] @ {wheel.resolve().as_uri()}")
    _run(
        TOOLS / "cyclonedx-py",
        "environment",
        "--pyproject",
        ROOT / "pyproject.toml",
        "--output-reproducible",
        "--output-file",
        bom,
        environment,
    )


def _run(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT)


def _manual(program: Path, *, when: int) -> bytes:
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(when), "LC_ALL": "C"}
    return subprocess.run([program, "manual"], check=True, stdout=subprocess.PIPE, env=environment).stdout


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failure:
        sys.exit(f"release: {Path(failure.cmd[0]).name} ended with {failure.returncode}")
    except ValueError as mistake:
        sys.exit(f"release: {mistake}")
