"""`cierre contract`: exit codes, and what stands on the terminal."""

import json
import signal
import subprocess
import sys

import pytest

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


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        ("- {scheme: bearerAuth, bearer: $CIERRE_UNSET}", "$CIERRE_UNSET is not set"),
        ("- {scheme: nobodys, bearer: x}", "the document has no security scheme 'nobodys': it has bearerAuth"),
        ("- {scheme: bearerAuth, login: {path: /nowhere, json: {}}}", "no login at "),
    ],
)
def test_credentials_that_are_no_use_are_one_line(files, tmp_path, auth, told):
    spec, _ = files
    path = tmp_path / "auth.yaml"
    path.write_text(auth)
    with toy.serving(toy.Notes().app()) as url:
        done = command(url, "--spec", spec, "--auth", path, "--examples", "1")

    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_address_without_a_scheme_is_understood(files):
    spec, credentials = files
    with toy.serving(toy.Notes().app()) as url:
        done = command(url.removeprefix("http://"), "--spec", spec, "--auth", credentials, "--examples", "1")
    other = command("ftp://127.0.0.1", "--spec", spec)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (other.returncode, other.stderr.count("\n")) == (2, 1)
    assert "'ftp://127.0.0.1' is no address of a server" in other.stderr


def test_a_baseline_lets_only_what_is_new_fail(files, tmp_path):
    spec, credentials = files
    common = ("--spec", spec, "--auth", credentials, "--examples", "2", "--seed", "1", "--operations", "create_note")
    with toy.serving(toy.Notes("crash").app()) as url:
        first = command(url, *common, "--report", tmp_path)
        again = command(url, *common, "--baseline", tmp_path / "report.json", "--report", tmp_path / "again")
    with toy.serving(toy.Notes("no location").app()) as url:
        another = command(url, *common, "--baseline", tmp_path / "report.json")
    no_report = command(url, *common, "--baseline", spec)

    results = json.loads((tmp_path / "report.sarif").read_text())["runs"][0]["results"]
    assert [one["ruleId"] for one in results] == ["not_a_server_error"]
    assert (first.returncode, again.returncode, another.returncode, no_report.returncode) == (1, 0, 1, 2)
    assert "1 finding is in the baseline" in again.stdout
    assert "0 new findings. The contract is broken as before." in again.stdout
    page = (tmp_path / "again" / "index.html").read_text()
    assert "Nothing new is broken" in page
    assert "1 of the baseline, found again" in page


@pytest.mark.parametrize("after", ["== coverage", "== probes"])
def test_control_c_writes_the_report_of_what_was_seen(files, tmp_path, after):
    spec, credentials = files
    arguments = ("--spec", spec, "--auth", credentials, "--examples", "3", "--seed", "1", "--report", tmp_path)
    program = [sys.executable, "-c", "from cierre.cli import main; main()", "contract"]
    with toy.serving(toy.Notes("slow").app()) as url:
        process = subprocess.Popen([*program, url, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        while not process.stdout.readline().startswith(after):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)

    written = json.loads((tmp_path / "report.json").read_text())
    assert process.returncode in {1, 2}
    assert written["errors"] == ["interrupted: what follows was not tested"]
    assert written["requests"] > 0
    assert "could not test: interrupted" in told


def test_a_service_that_limits_requests_is_said_not_to_be_tested(serve, tmp_path):
    limited = serve(f"sqlite:///{tmp_path}/cierre.db", "--demo", "--rate-limit", "on")

    done = command(limited.url, "--examples", "5", "--seed", "1")

    assert done.returncode == 2
    assert "(--limits), or turn the server's rate limits off (cierre serve --rate-limit off)" in done.stderr


def test_the_service_holds_and_the_reports_are_written(real, tmp_path):
    done = command(real.url, "--dialect", "plain", "--examples", "2", "--seed", "1", "--report", tmp_path / "report")

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    written = {path.name for path in (tmp_path / "report").iterdir()}
    assert written == {"index.html", "junit.xml", "report.json", "report.sarif", "traffic.har"}


def test_options_that_contradict_each_other_are_said():
    with_spec = command("http://127.0.0.1:1", "--spec", "openapi.yaml", "--dialect", "dto")
    without_spec = command("http://127.0.0.1:1", "--auth", "auth.yaml")

    assert with_spec.returncode == without_spec.returncode == 2
    assert with_spec.stderr == "cierre: --dialect is a view of our own contract, not of --spec\n"
    assert without_spec.stderr.startswith("cierre: --auth is for --spec: ")
