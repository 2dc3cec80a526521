"""ops/pgbouncer/pgbouncer.ini: a real PgBouncer with it, in front of the test's database."""

import re
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest

from benchmarks import pooler
from tests.conftest import missing
from tests.support.paths import ROOT
from tests.support.running import bearer, free_port

INI = ROOT / "ops" / "pgbouncer" / "pgbouncer.ini"
PASSWORD = "of-the-pooler"


def replaced(text, **values):
    """The settings with other values; each must be there."""
    for name, value in values.items():
        text, count = re.subn(rf"(?m)^({name} = ).*$", lambda line, value=value: line[1] + value, text)
        assert count == 1, name
    return text


@pytest.fixture
def pooled_url(postgres_url, tmp_path):
    """The test's database through PgBouncer, which has the addresses of this machine and our file for the rest."""
    if not pooler.is_installed():
        missing("pgbouncer is not installed")
    server, listen = urlsplit(postgres_url), free_port()
    user, password = unquote(server.username or "postgres"), unquote(server.password or PASSWORD)
    behind = f"host={server.hostname} port={server.port or 5432} dbname={server.path[1:]}"
    settings = replaced(INI.read_text(), cierre=behind, listen_port=str(listen), auth_file="{users}")
    with pooler.running(settings, tmp_path, listen, users=f'"{user}" "{password}"\n'):
        yield f"postgresql://{user}:{password}@127.0.0.1:{listen}/cierre"


async def test_who_logs_in_through_it_logs_out_once(start_service, pooled_url):
    service = await start_service(pooled_url)
    assert service.services.database._connector.pooled
    token = (await service.login())["accessToken"]
    assert (await service.sessions(token)).status_code == 200
    assert (await service.logout(token)).status_code == 200
    assert (await service.logout(token)).status_code == 404
    assert (await service.client.get("/api/v1/auth/sessions", headers=bearer(token))).status_code == 401


async def test_it_waits_no_shorter_than_a_statement_may_take(start_service, pooled_url):
    service = await start_service(pooled_url)
    (waits,) = re.findall(r"(?m)^query_wait_timeout = ([0-9]+)$", INI.read_text())
    assert int(waits) * 1000 >= service.services.settings.database.statement_timeout


async def test_without_the_password_nobody_gets_through(pooled_url):
    with pytest.raises(asyncpg.PostgresError, match="authentication failed"):
        await asyncpg.connect(pooled_url, password="another")
