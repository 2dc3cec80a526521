"""Signing keys that are encrypted at rest: `--key-passphrase-file`, and `cierre keys encrypt`."""

import stat

import pytest
import structlog
from click.testing import CliRunner

from cierre.cli.keys import command
from cierre.tokens import key_files, keys
from cierre.tokens.key_files import KeyRing
from cierre.tokens.keys import BadKey
from cierre.tokens.passphrases import read_passphrase

PASSPHRASE = b"a passphrase of the tests"
OTHER = b"another passphrase"
ENCRYPTED = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
PLAIN = "-----BEGIN PRIVATE KEY-----"


def ring(folder, passphrase=PASSPHRASE, **more):
    return KeyRing(folder, **{"algorithm": "ES256", "keep": 900_000, "passphrase": passphrase} | more)


def texts(folder):
    return [path.read_text() for path in sorted(folder.glob("*.pem"))]


@pytest.fixture
def passphrase_file(tmp_path):
    path = tmp_path / "passphrase"
    path.write_bytes(PASSPHRASE + b"\n")
    return path


def run(*arguments):
    return CliRunner().invoke(command, [str(one) for one in arguments], standalone_mode=False)


def test_the_first_key_and_every_next_one_are_encrypted(tmp_path):
    made = ring(tmp_path).signing()
    key_files.rotate(tmp_path, "RS256", passphrase=PASSPHRASE)
    assert [text.splitlines()[0] for text in texts(tmp_path)] == [ENCRYPTED] * 2
    assert ring(tmp_path).find(made.kid) is not None


@pytest.mark.parametrize(("passphrase", "reason"), [(None, "--key-passphrase-file"), (OTHER, "another passphrase")])
def test_without_the_passphrase_no_service_starts_and_no_key_is_added(tmp_path, passphrase, reason):
    ring(tmp_path)
    with pytest.raises(BadKey, match=reason):
        ring(tmp_path, passphrase)
    with pytest.raises(BadKey, match=reason):
        key_files.rotate(tmp_path, "ES256", passphrase=passphrase)
    assert len(texts(tmp_path)) == 1


def test_a_plain_key_is_read_and_told_once(tmp_path):
    plain = ring(tmp_path, None).signing()
    with structlog.testing.capture_logs() as logs:
        running = ring(tmp_path, reload_interval=0)
        assert running.signing().kid == plain.kid
        running.jwks()
    assert [line["event"] for line in logs] == ["plain_key"]
    assert "cierre keys encrypt" in logs[0]["then"]


def test_a_key_is_decrypted_once_and_not_at_each_look(tmp_path, monkeypatch):
    for age in (3_000_000, 2_000_000, 0):
        key_files.write(tmp_path, keys.generate("ES256", signs_from=1_700_000_000_000 - age), PASSPHRASE)
    reads = []
    monkeypatch.setattr(key_files, "parse", lambda *a, **k: reads.append(1) or keys.parse(*a, **k))
    running = ring(tmp_path, reload_interval=0)
    for _ in range(5):
        running.signing()
    assert len(reads) == 3


def test_keys_of_the_environment_may_be_encrypted(tmp_path):
    text = keys.pem(keys.generate("ES256"), PASSPHRASE).decode()
    assert ring(tmp_path, pems=text).signing()
    with pytest.raises(BadKey, match="CIERRE_SIGNING_KEYS can't be decrypted"):
        ring(tmp_path, OTHER, pems=text)


def test_a_running_service_goes_on_while_its_keys_are_encrypted(tmp_path):
    running = ring(tmp_path, reload_interval=0)
    before = running.signing()
    key_files.encrypt(tmp_path, PASSPHRASE)
    assert running.signing().kid == before.kid


def test_encrypt_converts_what_is_plain_and_keeps_ids_and_names(tmp_path, passphrase_file):
    folder = tmp_path / "keys"
    before = ring(folder, None).signing()
    named = ("--data-dir", tmp_path, "--key-passphrase-file", passphrase_file)
    names = sorted(path.name for path in folder.glob("*.pem"))
    assert run("encrypt", *named).output == "1 keys encrypted; 0 were encrypted before\n"
    assert run("encrypt", *named).output == "0 keys encrypted; 1 were encrypted before\n"
    assert sorted(path.name for path in folder.glob("*.pem")) == names
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.pem")] == [0o600]
    assert texts(folder)[0].startswith(ENCRYPTED)
    assert ring(folder).signing().kid == before.kid
    assert run("list", *named).output.splitlines()[1].split()[-2:] == ["encrypted", "signing"]


def test_encrypt_with_another_passphrase_changes_nothing(tmp_path, passphrase_file):
    folder = tmp_path / "keys"
    key_files.rotate(folder, "ES256", passphrase=OTHER)
    key_files.write(folder, keys.generate("ES256", signs_from=1))
    before = texts(folder)
    refused = run("encrypt", "--data-dir", tmp_path, "--key-passphrase-file", passphrase_file)
    assert "another passphrase" in str(refused.exception)
    assert texts(folder) == before


@pytest.mark.parametrize("words", [["list"], ["rotate"], ["encrypt"]])
def test_each_command_says_in_one_line_what_is_missing(tmp_path, words):
    key_files.rotate(tmp_path / "keys", "ES256", passphrase=PASSPHRASE)
    refused = run(*words, "--data-dir", tmp_path)
    assert "--key-passphrase-file" in str(refused.exception)
    assert "\n" not in str(refused.exception)


def test_a_key_that_is_made_for_elsewhere_is_encrypted_too(passphrase_file):
    assert run("make").output.startswith(PLAIN)
    assert run("make", "--key-passphrase-file", passphrase_file).output.startswith(ENCRYPTED)


def test_the_passphrase_is_the_file_without_its_last_line_break(passphrase_file):
    assert read_passphrase(passphrase_file) == PASSPHRASE
    assert read_passphrase(None) is None


@pytest.mark.parametrize(("content", "reason"), [(b"\n", "no passphrase"), (b"x" * 1024, "too long")])
def test_a_file_that_holds_no_passphrase_is_named(tmp_path, content, reason):
    path = tmp_path / "passphrase"
    path.write_bytes(content)
    with pytest.raises(BadKey, match=reason):
        read_passphrase(path)


def test_a_passphrase_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadKey, match="nowhere can't be read: No such file"):
        read_passphrase(tmp_path / "nowhere")
