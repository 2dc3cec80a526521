"""`cierre contract`: exit codes, and what stands on the terminal."""

import subprocess
import sys

from tests.support import toy


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "from cierre.cli import main; main()", "contract", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_exits_with_0_1_or_2(files):
    spec, credentials = files
    common = ("--spec", spec, "--auth", credentials, "--examples", "2", "--seed", "1")
    with toy.serving(toy.Notes().app()) as url:
        held = command(url, *common)
    with toy.serving(toy.Notes("crash").app()) as url:
        broken = command(url, *common)
        nobody = command("http://127.0.0.1:1", *common)
        no_spec = command(url, "--spec", "nowhere.yaml")

    assert (held.returncode, held.stderr) == (0, "")
    assert "The contract holds." in held.stdout
    assert broken.returncode == 1
    assert "BROKEN   POST /notes: Server error [#/paths/~1notes/post/responses]" in broken.stdout
    assert nobody.returncode == no_spec.returncode == 2
    assert nobody.stderr.startswith("cierre: http://127.0.0.1:1 does not answer")
    assert "nowhere.yaml" in no_spec.stderr
    assert "Traceback" not in nobody.stderr + no_spec.stderr


def test_a_service_that_limits_requests_is_said_not_to_be_tested(serve, tmp_path):
    limited = serve(f"sqlite:///{tmp_path}/cierre.db", "--demo", "--rate-limit", "on")

    done = command(limited.url, "--examples", "5", "--seed", "1")

    assert done.returncode == 2
    assert "rate limits off for it (cierre serve --rate-limit off)" in done.stderr


def test_the_service_holds_and_the_reports_are_written(real, tmp_path):
    done = command(real.url, "--dialect", "plain", "--examples", "2", "--seed", "1", "--report", tmp_path / "report")

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    written = {path.name for path in (tmp_path / "report").iterdir()}
    assert written == {"index.html", "junit.xml", "report.json", "traffic.har"}


def test_options_that_contradict_each_other_are_said():
    with_spec = command("http://127.0.0.1:1", "--spec", "openapi.yaml", "--dialect", "dto")
    without_spec = command("http://127.0.0.1:1", "--auth", "auth.yaml")

    assert with_spec.returncode == without_spec.returncode == 2
    assert with_spec.stderr == "cierre: --dialect is a view of our own contract, not of --spec\n"
    assert without_spec.stderr.startswith("cierre: --auth is for --spec: ")
