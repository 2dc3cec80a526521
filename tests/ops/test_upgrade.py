"""An upgrade of the schema under load: a node of the version before goes on, and no request fails."""

import io
import shutil
import subprocess
import sys
import tarfile

import httpx
import pytest
from alembic import command

from cierre.storage import migrate
from tests.conftest import missing
from tests.support.commands import clean_environment
from tests.support.load import Load
from tests.support.paths import ROOT
from tests.support.running import LOGOUT, bearer, free_port, login_over_http

VERSIONS = "cierre/storage/migrations/versions"
CODE = ("cierre", "handlers", "mocks", "contract_tests", "openapi")
CLIENTS = 2
MAIN = [sys.executable, "-c", "from cierre.cli import main; main()"]


def git(*arguments):
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def version_before(tmp_path_factory):
    """The newest code of the history that is from before the newest migration."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        missing("no git history: there is no version before")
    if git("rev-parse", "--is-shallow-repository").strip() == b"true":
        missing("a shallow clone has no version before: git fetch --unshallow")
    (newest,) = (ROOT / VERSIONS).glob(f"{migrate.newest()}_*.py")
    added = git("log", "--diff-filter=A", "--format=%H", "-1", "--", f"{VERSIONS}/{newest.name}").decode().strip()
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(git("archive", f"{added}^" if added else "HEAD", *CODE))) as archive:
        archive.extractall(folder, filter="tar")
    assert not (folder / VERSIONS / newest.name).exists()
    return folder


@pytest.fixture
def schema_before(database_url, version_before):
    """The test's database, with the schema that the version before knows; its URL."""
    newest = max(path.name.partition("_")[0] for path in (version_before / VERSIONS).glob("0*.py"))

    def downgrade(connection):
        config = migrate._config()
        config.attributes["connection"] = connection
        command.downgrade(config, newest)

    migrate._with_connection(database_url, downgrade)
    assert migrate.is_behind(migrate.current(database_url))
    return database_url


def logs_out_twice(node):
    """One round of a client that logs in, out, and out again."""
    headers = bearer(login_over_http(node)["accessToken"])
    statuses = [httpx.post(node.url + LOGOUT, headers=headers, timeout=60).status_code for _ in "12"]
    return None if statuses == [200, 404] else statuses


@pytest.mark.long
def test_no_request_fails_while_the_schema_is_upgraded_under_load(serve, version_before, schema_before):
    before = {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(version_before)}
    where = [sys.executable, "-c", "import cierre; print(cierre.__path__[0])"]
    imported = subprocess.run(where, env=clean_environment() | before, capture_output=True, text=True, check=True)
    assert imported.stdout.strip() == str(version_before / "cierre")
    if (version_before / "cierre" / "cli" / "receivers.py").exists():
        # Somebody is told of each closing: the outbox and the deliveries are written to all the while.
        receiver = ["receivers", "add", "siem", f"http://127.0.0.1:{free_port()}/", "--database-url", schema_before]
        subprocess.run([*MAIN, *receiver], env=clean_environment() | before, check=True)
    old = serve(schema_before, **before)
    load = Load(lambda: logs_out_twice(old), CLIENTS)
    try:
        load.wait_for(4)
        upgrade = [*MAIN, "db", "upgrade", "--database-url", schema_before]
        done = subprocess.run(upgrade, env=clean_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert migrate.current(schema_before) == migrate.newest()
        load.wait_for(4)
        new = serve(schema_before)
        load.wait_for(4)
    finally:
        load.end()
    assert load.failures == []
    headers = bearer(login_over_http(old)["accessToken"])
    assert httpx.post(new.url + LOGOUT, headers=headers).status_code == 200
    assert httpx.post(old.url + LOGOUT, headers=headers).status_code == 404
