"""`cierre sessions close --everyone` without a terminal."""

from tests.support.commands import run


def test_without_a_terminal_nothing_is_closed_unless_the_answer_is_given(sqlite_url, tmp_path):
    words = ("sessions", "close", "--everyone", "--database-url", sqlite_url, "--data-dir", str(tmp_path))
    refused = run(*words, input="")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("without a terminal, --yes stands for the answer\n")
    assert run(*words, "--yes", input="").stdout.endswith("0 sessions closed\n")
