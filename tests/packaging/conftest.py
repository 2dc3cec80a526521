"""Cierre as others get it: built from a copy of the checkout, installed into environments of its own.

Built and installed once a session. What the lock pins is what gets installed; uv takes it from its cache.
"""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.commands import clean_environment
from tests.support.paths import ROOT

# What a build reads.
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "cierre", "contract_tests", "handlers", "mocks", "openapi")
UV = (sys.executable, "-m", "uv", "--quiet")


def checked(*command, cwd):
    done = subprocess.run(
        command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Environment:
    """A virtual environment, used from a folder that is no checkout."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "venv" / "bin"
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir(parents=True)
        checked(*UV, "venv", "--python", sys.executable, str(folder / "venv"), cwd=folder)

    def install(self, *requirements):
        lock = str(ROOT / "requirements.lock")
        python = str(self.bin / "python")
        checked(*UV, "pip", "install", "--python", python, "--constraint", lock, *requirements, cwd=self.elsewhere)

    def run(self, program, *arguments, cwd=None, **variables):
        """The result of one of its programs."""
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=cwd or self.elsewhere,
            env=clean_environment() | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def prints(self, code):
        """What a line of Python prints."""
        done = self.run("python", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def packages(self):
        """The names of what is installed."""
        listed = checked(*UV, "pip", "freeze", "--python", str(self.bin / "python"), cwd=self.elsewhere)
        return {line.partition("==")[0].partition(" @ ")[0].lower() for line in listed.splitlines()}


class Built(NamedTuple):
    """The distributions of a copy of this checkout."""

    checkout: Path
    sdist: Path
    wheel: Path
    wheel_of_sdist: Path

    def names(self, path):
        """The files in a distribution; a link or anything else that is no file fails."""
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                kinds = {info.filename: info.external_attr >> 28 for info in archive.infolist()}
                assert set(kinds.values()) == {0o10}
                return set(kinds)
        with tarfile.open(path) as archive:
            members = [member for member in archive if not member.isdir()]
            assert [member.name for member in members if not member.isreg()] == []
            return {member.name.partition("/")[2] for member in members}


@pytest.fixture(scope="session")
def copy_of_checkout(tmp_path_factory):
    """`copy_of_checkout(name)`: the sources alone, as a clone has them."""

    def copy(name):
        folder = tmp_path_factory.mktemp(name) / "checkout"
        folder.mkdir()
        for source in SOURCES:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, folder / source, symlinks=True, ignore=ignored)
            else:
                shutil.copy(ROOT / source, folder)
        return folder

    return copy


@pytest.fixture(scope="session")
def built(copy_of_checkout, tmp_path_factory):
    checkout = copy_of_checkout("built")
    dist = tmp_path_factory.mktemp("dist")
    build = (*UV, "build", "--no-build-isolation", "--python", sys.executable)
    # Without an option the wheel is made from the sdist.
    checked(*build, "--out-dir", str(dist / "both"), cwd=checkout)
    checked(*build, "--out-dir", str(dist / "direct"), "--wheel", cwd=checkout)
    (sdist,) = (dist / "both").glob("*.tar.gz")
    (wheel_of_sdist,) = (dist / "both").glob("*.whl")
    (wheel,) = (dist / "direct").glob("*.whl")
    return Built(checkout, sdist, wheel, wheel_of_sdist)


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """`environment(name)`: an empty one."""
    return lambda name: Environment(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def base(built, environment):
    """What `pip install cierre` brings."""
    made = environment("base")
    made.install(str(built.wheel_of_sdist))
    return made


@pytest.fixture(scope="session")
def service(built, environment):
    """What `pip install 'cierre[service]'` brings."""
    made = environment("service")
    made.install(f"cierre[service] @ {built.wheel_of_sdist.as_uri()}")
    return made
