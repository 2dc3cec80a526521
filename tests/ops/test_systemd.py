"""The unit is one that systemd takes, and it is closed to what the service does not need."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import missing
from tests.support.paths import ROOT

UNIT = ROOT / "ops" / "systemd" / "cierre.service"
# Of 10, by `systemd-analyze security`; a unit without any protection has 9.6.
EXPOSURE = 2.5


@pytest.fixture
def analyze():
    found = shutil.which("systemd-analyze")
    if found is None:
        missing("systemd-analyze is not here (Debian's package systemd): the unit was not verified")
    return lambda *arguments: subprocess.run(
        [found, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_systemd_takes_the_unit(analyze, tmp_path):
    # The program is where the test has it: systemd looks for it.
    unit = tmp_path / "cierre.service"
    program = Path(sys.executable).with_name("cierre")
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/cierre/bin/cierre", str(program)), encoding="utf-8")
    (tmp_path / "cierre.socket").write_text(UNIT.with_suffix(".socket").read_text(encoding="utf-8"), encoding="utf-8")
    done = analyze("verify", "--man=no", "--recursive-errors=no", str(unit), str(tmp_path / "cierre.socket"))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_is_closed_to_what_the_service_does_not_need(analyze):
    done = analyze("security", "--offline=yes", f"--threshold={round(EXPOSURE * 10)}", str(UNIT))
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_its_options_are_the_commands():
    from cierre.cli import serve

    line = re.search(r"^ExecStart=\S+ serve (.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)[1]
    known = CliRunner().invoke(serve.command, ["--help"]).output
    for option in re.findall(r"--[\w-]+", line):
        assert f"{option} " in known
