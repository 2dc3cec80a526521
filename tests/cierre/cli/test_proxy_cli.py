"""`cierre proxy`: what it refuses before it starts."""

import json

import pytest
from click.testing import CliRunner

from cierre.cli import proxy
from tests.support.library import library


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["SPEC", "nothing"], 2, "'nothing' is no URL of a server: write http://localhost:8000"),
        (["SPEC", "http://a", "--fallback", "nobody"], 2, "'nobody' is not 'mock'"),
        (["SPEC", "http://a", "--host", "192.0.2.1"], 2, "can't listen on 192.0.2.1:4011"),
        (["none.yaml", "http://a"], 1, "none.yaml"),
    ],
)
def test_a_mistake_is_told(tmp_path, arguments, code, message):
    file = tmp_path / "library.json"
    file.write_text(json.dumps(library()))
    ended = CliRunner().invoke(proxy.command, [str(file) if word == "SPEC" else word for word in arguments])
    assert ended.exit_code == code
    assert message in ended.output
