"""Prometheus and Alertmanager, the programs themselves, with the files that `ops/` ships."""

import shutil
import subprocess
import time
from contextlib import suppress

import httpx

from tests.conftest import missing
from tests.support.paths import ROOT
from tests.support.running import free_port

OPS = ROOT / "ops" / "prometheus"


def program(name, package):
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not here (Debian's package {package}): no alert was seen in it")
    return found


class Monitoring:
    """Both watch a service's `/metrics` every second."""

    def __init__(self, folder, target):
        self._folder = folder
        self._processes = []
        prometheus, alertmanager = free_port(), free_port()
        self.prometheus = f"http://127.0.0.1:{prometheus}"
        self.alertmanager = f"http://127.0.0.1:{alertmanager}"
        config = (OPS / "prometheus.yaml").read_text(encoding="utf-8")
        for old, new in {
            "_interval: 15s": "_interval: 1s",
            "localhost:9093": f"127.0.0.1:{alertmanager}",
            "localhost:9464": target,
        }.items():
            assert old in config
            config = config.replace(old, new)
        (folder / "prometheus.yaml").write_text(config, encoding="utf-8")
        shutil.copy(OPS / "cierre.rules.yaml", folder)
        shutil.copy(OPS / "alertmanager.yaml", folder)
        self._start(
            "alertmanager",
            [program("prometheus-alertmanager", "prometheus-alertmanager")],
            f"--config.file={folder / 'alertmanager.yaml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        )
        self._start(
            "prometheus",
            [program("prometheus", "prometheus")],
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        )

    def _start(self, name, command, *options):
        with (self._folder / f"{name}.log").open("wb") as log:
            self._processes.append(subprocess.Popen([*command, *options], stdout=log, stderr=log))

    def query(self, expression):
        """What Prometheus answers: a list of results."""
        answer = httpx.get(f"{self.prometheus}/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, (expression, answer.text)
        return answer.json()["data"]["result"]

    def wait_for(self, expression, patience=60):
        """Until the expression has a result."""
        self._wait(lambda: self.query(expression), f"no result of {expression}", patience)

    def wait_for_alert(self, name, patience=90):
        """Until Alertmanager has the alert, which it is given."""
        return self._wait(
            lambda: next((one for one in self._alerts() if one["labels"]["alertname"] == name), None),
            f"no alert {name}",
            patience,
        )

    def _alerts(self):
        return httpx.get(f"{self.alertmanager}/api/v2/alerts").raise_for_status().json()

    def _wait(self, ask, words, patience):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if found := ask():
                    return found
            time.sleep(0.2)
        logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self._folder.glob("*.log"))
        raise AssertionError(f"{words} after {patience} s\n{logs}")

    def end(self):
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)
