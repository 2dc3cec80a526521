"""The machine: which core belongs to whom, and under what conditions a run was made."""

import os
import platform
import re
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks import scratch

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES = CORES[:1]
"""The server under test has this core to itself."""
LOAD_CORES = CORES[-1:]
"""The load generator's core. PostgreSQL's backends of the database under test are put here as well."""


def pinned(cores: list[int], command: list[str]) -> list[str]:
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]


@dataclass(frozen=True)
class Conditions:
    """What a reader needs to judge the numbers."""

    when: str
    processor: str
    cores: int
    memory_gib: int
    kernel: str
    load_before: float
    versions: dict[str, str]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def conditions() -> Conditions:
    memory_kib = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1])  # type: ignore[index]
    return Conditions(
        when=now(),
        processor=_processor(),
        cores=len(CORES),
        memory_gib=round(memory_kib / 2**20),
        kernel=platform.release(),
        load_before=os.getloadavg()[0],
        versions=_versions(),
    )


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1].strip() if found else platform.processor()


def _versions() -> dict[str, str]:
    ours = ("cierre", "connexion", "uvicorn", "uvloop", "asyncpg", "pyjwt", "jsonschema-rs", "orjson")
    return {
        "Python": platform.python_version(),
        "Node": _first_word("node", "--version"),
        "PostgreSQL": _first_word("psql", "--version"),
        "wrk": _first_word("wrk", "--version"),
        **{name: metadata.version(name) for name in ours},
        **_pins(),
    }


def _first_word(*command: str) -> str:
    """The first word of a program's output that holds a version number."""
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.[\d.]+", shown.stdout + shown.stderr)
    return found[0] if found else "?"


def _pins() -> dict[str, str]:
    python = re.findall(r"^([\w-]+)(?:\[.*\])?==(\S+)", scratch.REQUIREMENTS.read_text(), re.MULTILINE)
    node = re.findall(r'"([@\w/-]+)": "(\d\S+)"', scratch.PACKAGES.read_text())
    return {f"{name} (peer)": version for name, version in python + node}
