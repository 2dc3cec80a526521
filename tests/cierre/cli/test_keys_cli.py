"""`cierre keys`: what signs, what will, and when."""

from click.testing import CliRunner

from cierre.cli.keys import command


def states(data_dir):
    listed = CliRunner().invoke(command, ["list", "--data-dir", str(data_dir)])
    return [line.split()[-1] for line in listed.stdout.splitlines()[1:]]


def test_a_new_key_is_published_first_and_signs_two_minutes_later(tmp_path):
    for _ in range(2):
        rotated = CliRunner().invoke(command, ["rotate", "--data-dir", str(tmp_path)])
        assert rotated.exit_code == 0
        assert "signs from 2" in rotated.stderr
    assert states(tmp_path) == ["next", "signing"], "without another the first one signs, whatever its time"


def test_a_key_that_has_leaked_is_followed_at_once(tmp_path):
    for option in (["--lead", "1h"], ["--now"]):
        assert CliRunner().invoke(command, ["rotate", "--data-dir", str(tmp_path), *option]).exit_code == 0
    assert states(tmp_path) == ["next", "signing"]
