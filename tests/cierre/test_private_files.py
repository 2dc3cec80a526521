"""The data directory and what is in it are their owner's alone."""

import stat
from pathlib import Path

import pytest

from cierre import private_files
from cierre.storage import migrate


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_missing_directory_is_made_private_with_those_above_it(tmp_path):
    private_files.make_directory(tmp_path / "a" / "b")
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o700, 0o700]


def test_a_new_database_is_private_with_its_log_and_its_directory(tmp_path):
    path = tmp_path / "data" / "cierre.db"
    migrate.upgrade(f"sqlite:///{path}")
    assert [mode(path.parent), mode(path)] == [0o700, 0o600]


async def test_what_sqlite_makes_beside_the_database_is_private(start_service, tmp_path):
    path = tmp_path / "cierre.db"
    migrate.upgrade(f"sqlite:///{path}")
    await start_service(f"sqlite:///{path}")
    assert {file.name: mode(file) for file in tmp_path.glob("cierre.db*")} == {
        "cierre.db": 0o600,
        "cierre.db-wal": 0o600,
        "cierre.db-shm": 0o600,
    }


@pytest.fixture
def wide(tmp_path):
    """A data directory that everybody may read."""
    for name in ("keys/1-RS256-x.pem", "keys/.lock", "secret", ".lock", "cierre.db", "cierre.db-wal", "cierre.db-shm"):
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        file.chmod(0o644)
        file.parent.chmod(0o755)
    return tmp_path / "data"


def test_what_is_open_to_others_is_mended_and_told(wide):
    messages = private_files.mend(private_files.of_data_directory(wide))
    everything = [wide, *wide.rglob("*")]
    assert {mode(path) for path in everything if path.is_dir()} == {0o700}
    assert {mode(path) for path in everything if path.is_file()} == {0o600}
    assert len(messages) == len(everything)
    assert f"{wide / 'secret'} had the mode 0644: it is 0600 now" in messages
    assert private_files.mend(private_files.of_data_directory(wide)) == []


def test_what_can_not_be_mended_is_told_with_what_to_do(wide, monkeypatch):
    def refuse(*_args, **_more):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.chmod", refuse)
    (line,) = private_files.mend([wide / "secret"])
    assert "is open to other users (mode 0644), and can't be changed (Operation not permitted)" in line
    assert line.endswith(f"chmod 0600 {wide / 'secret'}")


def test_a_directory_that_all_users_share_is_left_alone(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    assert private_files.mend([shared]) == [f"{shared} is a directory that all users share: choose another --data-dir"]
    assert mode(shared) == 0o1777


def test_a_start_mends_its_data_directory_and_tells_of_a_database_elsewhere(serve, sqlite_url):
    database = sqlite_url.removeprefix("sqlite:///")
    serve.data_dir.chmod(0o755)
    (serve.data_dir / "secret").chmod(0o644)
    Path(database).chmod(0o644)
    log = serve(sqlite_url).log()
    assert [mode(serve.data_dir), mode(serve.data_dir / "secret")] == [0o700, 0o600]
    assert f"cierre: {serve.data_dir} had the mode 0755: it is 0700 now" in log
    assert f"cierre: {database} is open to other users (mode 0644): chmod 0600 {database}" in log
    assert mode(Path(database)) == 0o644, "another program may share it"
