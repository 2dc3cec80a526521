"""ops/container: the image is built upon Debian's packages, and runs without root and with nothing to write to."""

import contextlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import missing
from tests.support.paths import ROOT
from tests.support.running import LOGOUT, bearer, free_port, login_over_http

PACKAGES = "python3,python3-venv,ca-certificates"
# Fewer files, and no flush for each of them.
LEAN = [
    "--dpkgopt=force-unsafe-io",
    *[f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")],
]
# What pip is told on this machine, and nothing of it stays in the image.
OF_PIP = ["/etc/pip.conf", *[os.environ.get(name, "") for name in ("PIP_CERT", "SSL_CERT_FILE", "PIP_FIND_LINKS")]]


class Podman:
    """Podman with images of its own."""

    def __init__(self, folder):
        settings = folder / "containers.conf"
        # Limits of this machine: a container may not be given higher ones.
        settings.write_text("[containers]\ndefault_ulimits = []\n")
        self._environment = os.environ | {"CONTAINERS_CONF": str(settings), "STORAGE_DRIVER": "vfs"}
        places = ["--root", str(folder / "images"), "--runroot", str(folder / "run")]
        self._command = ["podman", *places, "--cgroup-manager", "cgroupfs", "--runtime", "runc"]

    def __call__(self, *words, stderr=False):
        done = subprocess.run(
            [*self._command, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return (done.stderr if stderr else done.stdout).strip()


def base():
    """A Debian with Python, as an archive: made once a day, for it takes half a minute of a core."""
    found = Path(tempfile.gettempdir()) / f"cierre-container-base-{os.getuid()}.tar"
    if not found.exists() or time.time() - found.stat().st_mtime > 86_400:
        sources = Path("/etc/apt/sources.list.d/debian.sources")
        suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
        making = found.with_suffix(f".{os.getpid()}.tar")
        command = ["mmdebstrap", "--mode=root", "--variant=minbase", *LEAN, f"--include={PACKAGES}", suite, str(making)]
        command.append(str(sources if sources.exists() else Path("/etc/apt/sources.list")))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        making.rename(found)
    return found


@pytest.fixture(scope="module")
def podman():
    for program in ("podman", "runc", "mmdebstrap"):
        if shutil.which(program) is None:
            missing(f"no {program} (Debian's package of that name): no image was built")
    if os.geteuid() != 0:
        missing("a base image is made by root alone")
    # Podman wants a path of at most 50 characters, and that of a process of pytest-xdist is longer.
    folder = Path(tempfile.mkdtemp(prefix="podman-"))
    made = Podman(folder)
    yield made
    made("rm", "--all", "--force")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def image(podman):
    podman("import", str(base()), "localhost/base")
    mounts = [
        word for path in dict.fromkeys(OF_PIP) if path and Path(path).exists() for word in ("-v", f"{path}:{path}:ro")
    ]
    words = ["--isolation", "chroot", "--network", "host", "--layers=false", "--format", "docker", *mounts]
    words += ["--build-arg", "BASE=localhost/base", "-f", str(ROOT / "ops" / "container" / "Containerfile")]
    podman("build", *words, "-t", "localhost/cierre", str(ROOT))
    return "localhost/cierre"


class Running:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def wait(self, patience=60):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return
            time.sleep(0.2)
        raise AssertionError("it is not ready")


@pytest.mark.long
def test_it_runs_without_root_and_without_a_place_to_write_but_its_own(podman, image):
    settings = json.loads(podman("image", "inspect", image))[0]["Config"]
    assert (settings["User"], settings["Entrypoint"], settings["Cmd"]) == ("10001:10001", ["cierre"], ["serve"])
    assert not any(name.partition("=")[0].startswith("PIP_") for name in settings["Env"])
    port = free_port()
    # As compose.yaml has it; a service with demo data listens on this machine alone.
    run = ["--read-only", "--cap-drop=all", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"]
    run += ["--network", "host", "--cgroupns", "host", "-e", f"CIERRE_PORT={port}", "-e", "CIERRE_HOST=127.0.0.1"]
    podman("run", "--detach", "--name", "one", *run, image, "serve", "--demo")
    try:
        node = Running(port)
        node.wait()
        headers = bearer(login_over_http(node)["accessToken"])
        assert [httpx.post(node.url + LOGOUT, headers=headers).status_code for _ in "12"] == [200, 404]
        assert podman("exec", "one", "id", "-u") == "10001"
        assert podman("exec", "one", "sh", "-c", "touch /opt/here 2>/dev/null || echo read-only") == "read-only"
        podman("healthcheck", "run", "one")
        podman("stop", "--time", "30", "one")
        assert podman("logs", "one", stderr=True).endswith("cierre: ended")
    finally:
        podman("rm", "--force", "one")
