"""`cierre.settings`: durations, addresses, and one frozen object."""

import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from cierre.settings import DAY, HOST_DIALECTS, HOUR, MINUTE, Settings, duration, minutes, network


def settings(**more):
    return Settings(**{"database_url": "sqlite://", "data_dir": None, "issuer": "http://x.test"} | more)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("15m", 15 * MINUTE),
        ("1s", 1000),
        ("90", 90_000),
        ("0.5", 500),
        ("250ms", 250),
        ("12h", 12 * HOUR),
        ("30d", 30 * DAY),
        ("1.5h", 90 * MINUTE),
        (" 10 s ", 10_000),
    ],
)
def test_a_duration_is_a_number_with_a_unit_or_plain_seconds(text, milliseconds):
    assert duration(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "m", "15x", "-1s", "0", "0s", "1e3", "15 minutes", "1m30s", "99999999d", "0.0001ms"]
)
def test_what_is_no_duration_is_refused_and_told_how_to_write_one(text):
    with pytest.raises(ValueError, match=r"duration|too long"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("525600", 365 * DAY), (" 1 ", MINUTE), ("12h", 12 * HOUR), ("0", None)]
)
def test_minutes_are_plain_as_laravel_has_them_or_have_a_unit(text, milliseconds):
    assert minutes(text) == milliseconds


@pytest.mark.parametrize("text", ["10.0.0.0/8", "127.0.0.1", "::1", "2001:db8::/32", "10.1.2.3/8"])
def test_an_address_or_a_block_is_a_network(text):
    assert network(text).num_addresses >= 1


@pytest.mark.parametrize(
    ("text", "same"), [("::ffff:10.1.2.3/104", "10.0.0.0/8"), ("::ffff:10.1.2.3", "10.1.2.3/32"), ("::/0", "::/0")]
)
def test_a_network_of_ipv4_in_ipv6_is_one_of_ipv4(text, same):
    """As the addresses that are looked for in it."""
    assert str(network(text)) == same


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.0/40", "1.2.3", "::/129"])
def test_what_is_neither_is_refused(text):
    with pytest.raises(ValueError, match="neither an IP address nor a CIDR block"):
        network(text)


def test_settings_never_change():
    with pytest.raises(FrozenInstanceError):
        settings().access_ttl = 1


def test_the_defaults_are_the_documents():
    given = settings()
    assert given.access_ttl == 15 * MINUTE
    assert given.host_dialects == HOST_DIALECTS
    assert (given.rate_limit, given.suspicious_change, given.validate_responses) == ("on", "off", False)


def test_every_setting_is_read_somewhere():
    """No option that does nothing."""
    from pathlib import Path

    import cierre

    folder = Path(cierre.__file__).parent
    code = "\n".join(path.read_text() for path in folder.rglob("*.py") if path.name != "settings.py")
    assert [field.name for field in fields(Settings) if f"settings.{field.name}" not in code] == []


def test_every_setting_is_documented_in_the_order_of_the_fields():
    documented = re.findall(r"^        (\w+): ", Settings.__doc__, re.MULTILINE)
    assert documented == [field.name for field in fields(Settings)]


@pytest.mark.parametrize("field", [field for field in fields(Settings) if field.type == "int" or "int |" in field.type])
def test_every_number_says_its_unit(field):
    (line,) = re.findall(rf"^        {field.name}: (.*)$", Settings.__doc__, re.MULTILINE)
    assert re.match("ms|bytes|KiB|a number", line), line


def test_no_secret_is_shown():
    settings = Settings(
        database_url="postgresql://me:geheim@db/cierre",
        redis_url="redis://:geheim@cache",
        data_dir=Path(),
        issuer="http://localhost",
        signing_keys="geheim",
        secret="geheim",
    )
    assert "geheim" not in repr(settings)
