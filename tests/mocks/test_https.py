"""`cierre mock --https`: a certificate that clients can trust, kept for its owner alone."""

import json
import ssl
import stat
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from click.testing import CliRunner

from cierre.cli import mock
from cierre.mocks.serving.certificate import kept_certificate
from tests.support.mocked import answering, started

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def spec(tmp_path):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(answering(example="here")))
    return file


def test_the_mock_answers_to_whoever_trusts_its_certificate_and_to_nobody_else(tmp_path, spec):
    with started(tmp_path, spec, "--https") as (url, _):
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=tmp_path / ".cierre" / "localhost.crt")
        with httpx.Client(verify=trusting) as client:
            assert client.get(f"{url}/x").json() == "here"
            by_name = url.replace("127.0.0.1", "localhost")
            assert client.get(f"{by_name}/__mock/calls/1").json()["curl"].startswith(f"curl {url}/x")
            page = client.get(f"{by_name}/__mock/status", headers={"Origin": by_name})
            assert page.status_code == 200
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(f"{url}/x")
    assert "To trust it: curl --cacert .cierre/localhost.crt" in (tmp_path / "mock.log").read_text()


def test_a_certificate_of_ones_own_is_served(tmp_path, spec):
    made = kept_certificate(tmp_path / "own", ["mock.test"])
    with started(tmp_path, spec, "--https-cert", made.secret) as (url, _):
        assert httpx.get(f"{url}/x", verify=ssl.create_default_context(cafile=made.public)).json() == "here"
    assert not (tmp_path / ".cierre").exists()


def test_the_key_is_its_owners_alone_and_the_certificate_is_kept(tmp_path):
    first = kept_certificate(tmp_path / "a" / "b", [], NOW)
    assert stat.S_IMODE(first.secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.secret.parent.stat().st_mode) == 0o700
    assert b"PRIVATE" not in first.public.read_bytes()
    kept = first.secret.read_bytes()
    assert kept_certificate(tmp_path / "a" / "b", ["localhost", "0.0.0.0"], NOW + timedelta(days=300)) == first
    assert first.secret.read_bytes() == kept


@pytest.mark.parametrize(
    ("hosts", "days", "content"),
    [(["mock.test"], 0, None), ([], 390, None), ([], 0, b"no certificate")],
    ids=["another host", "it ends soon", "it is none"],
)
def test_another_certificate_is_made_where_the_kept_one_does_not_do(tmp_path, hosts, days, content):
    first = kept_certificate(tmp_path, [], NOW)
    before = first.secret.read_bytes()
    if content is not None:
        first.secret.write_bytes(content)
    second = kept_certificate(tmp_path, hosts, NOW + timedelta(days=days))
    assert second.secret.read_bytes() != before
    assert second.until > NOW + timedelta(days=days + 300)
    assert stat.S_IMODE(second.secret.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--https-key", "SPEC"], "--https-key needs --https-cert"),
        (["--https-cert", "SPEC"], "is no certificate with its key, in PEM and without a passphrase"),
        (["--https", "--data-dir", "SPEC/under"], "no certificate in"),
    ],
)
def test_a_mistake_is_told(spec, arguments, said):
    written = [word.replace("SPEC", str(spec)) for word in arguments]
    ended = CliRunner().invoke(mock.command, [str(spec), *written])
    assert ended.exit_code == 2, ended.output
    assert said in " ".join(ended.output.split())
