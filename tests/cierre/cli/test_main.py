"""What `main()` says of errors that are not a user's mistakes."""

import errno

import click
import pytest
import requests

from cierre import cli


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (requests.ConnectionError("cut off"), "cierre: cut off"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "cierre: Connection reset by peer"),
        (OSError(errno.ENOSPC, "No space left on device"), "cierre: standard output: No space left on device"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.yaml"), "cierre: a.yaml: No such file"),
        (TimeoutError(), "cierre: TimeoutError"),
    ],
)
def test_only_an_error_of_standard_output_is_called_so(monkeypatch, capsys, failure, expected):
    @click.command()
    def broken():
        raise failure

    monkeypatch.setattr(cli, "cli", broken)
    monkeypatch.setattr("sys.argv", ["cierre"])
    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 2
    assert capsys.readouterr().err.strip() == expected
