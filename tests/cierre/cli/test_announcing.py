"""`cierre serve` says what runs, and that it ended."""

from importlib.metadata import version

import pytest

from cierre.cli.announcing import what_runs

AS_BY_DEFAULT = ("--password-memory", "19456", "--password-passes", "2")


@pytest.mark.parametrize("options", [AS_BY_DEFAULT, ("--workers", "2")], ids=["one process", "workers"])
def test_the_first_lines_say_what_runs_and_the_last_that_it_ended(serve, sqlite_url, redis_url, options):
    node = serve(sqlite_url, "--redis-url", redis_url, "--events", redis_url, "--events-topic", "x", *options)
    first = [line for line in node.log().splitlines() if line.startswith("cierre: ")]
    if options != AS_BY_DEFAULT:
        # The nodes of these tests hash cheaply.
        assert "less than OWASP asks for (19456 KiB, 2 passes)" in first.pop(0)
    assert first[0] == f"cierre: version {version('cierre')} on {node.url}"
    lines = dict(line.removeprefix("cierre: ").split(maxsplit=1) for line in first[1:])
    assert lines["issuer"] == "http://cierre.test"
    assert lines["database"].startswith(sqlite_url)
    assert lines["redis"] == redis_url
    assert lines["events"] == f"{redis_url}, x"
    assert lines["workers"].startswith("1" if options == AS_BY_DEFAULT else "2")
    assert "rate limits off" in lines["limits"]
    node.stop()
    assert node.log().splitlines()[-1] == "cierre: ended"
    assert node.log().count("cierre: ended") == 1


def test_no_password_is_shown(make_settings):
    urls = {"redis_url": "redis://:geheim@cache", "events_url": "amqp://me:geheim@queue"}
    settings = make_settings("postgresql://me:geheim@db/cierre", **urls)
    lines = what_runs(settings, "http://localhost:3000", 1)
    assert "geheim" not in lines
    assert "postgresql://me:***@db/cierre" in lines
    assert "amqp://me:***@queue, cierre.events" in lines
