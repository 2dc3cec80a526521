"""The scratch folder: the peers' packages, their documents and tokens, the raw results. Git ignores it."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
SCRATCH = ROOT / ".bench"
NODE_MODULES = SCRATCH / "npm" / "node_modules"
VENV = SCRATCH / "venv"
LOGS = SCRATCH / "logs"
RESULTS = SCRATCH / "results.json"
PEERS = HERE / "peers"
DOCUMENTS = SCRATCH / "documents"
TOKENS = SCRATCH / "tokens"

REQUIREMENTS = PEERS / "requirements.txt"
PACKAGES = PEERS / "package.json"


def install() -> None:
    """Install the pinned peers, unless the very same pins are installed already."""
    for folder in (LOGS, DOCUMENTS, TOKENS):
        folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as both:
        python = both.submit(_once, REQUIREMENTS, SCRATCH / "requirements.installed", _install_python)
        node = both.submit(_once, PACKAGES, SCRATCH / "package.installed", _install_node)
        python.result()
        node.result()


def install_node() -> None:
    """Install the pinned peers that run on Node, unless the very same pins are installed already."""
    for folder in (SCRATCH, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    _once(PACKAGES, SCRATCH / "package.installed", _install_node)


def node_app(name: str) -> Path:
    """Copy a peer's program to where Node finds its packages: beside `node_modules`."""
    copy = NODE_MODULES.parent / f"{name}.mjs"
    shutil.copy(PEERS / name / "app.mjs", copy)
    return copy


def _once(pins: Path, stamp: Path, action: Callable[[], None]) -> None:
    if stamp.exists() and stamp.read_bytes() == pins.read_bytes():
        return
    action()
    stamp.write_bytes(pins.read_bytes())


def _install_python() -> None:
    """Give the peers a virtual environment of their own: they may not change what Cierre runs on."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, VENV], check=True)
    subprocess.run([*uv, "pip", "install", "-q", "--python", VENV, "-r", REQUIREMENTS], check=True)


def _install_node() -> None:
    folder = SCRATCH / "npm"
    folder.mkdir(exist_ok=True)
    shutil.copy(PACKAGES, folder / "package.json")
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)
