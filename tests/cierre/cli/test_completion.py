"""`cierre completion` and `python -m cierre`: ways into the command line."""

import shutil
import subprocess
import sys

import pytest

from cierre.cli import COMMANDS
from cierre.cli.completion import SHELLS
from tests.support.commands import run


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_completes_cierre(shell):
    done = run("completion", shell)
    assert done.returncode == 0
    assert "_cierre_completion" in done.stdout
    assert f"{shell}_complete" in done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_itself_reads_the_script(shell, tmp_path):
    if shutil.which(shell) is None:
        # The two others are not on every machine; what they get is click's own.
        assert shell != "bash"
        return
    script = tmp_path / "script"
    script.write_text(run("completion", shell).stdout, encoding="utf-8")
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_shell_is_refused_with_those_that_there_are():
    done = run("completion", "tcsh")
    assert done.returncode == 2
    assert all(shell in done.stderr for shell in SHELLS)


def test_python_runs_the_package():
    done = subprocess.run(
        [sys.executable, "-m", "cierre", "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert all(command in done.stdout for command in COMMANDS)
