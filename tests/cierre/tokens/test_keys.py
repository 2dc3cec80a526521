"""`cierre.tokens.key_files`: made on first use, rotated, published until the last token is dead."""

import json
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from cierre.clock import now_ms
from cierre.tokens import key_files, keys
from cierre.tokens.key_files import KeyRing
from cierre.tokens.keys import BadKey
from cierre.tokens.server_secret import server_secret

KEEP = 900_000


def ring(folder, **more):
    return KeyRing(folder, **{"algorithm": "ES256", "keep": KEEP} | more)


def pem_of(private, encryption=None):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def test_the_first_key_is_made_where_there_is_none_and_readable_by_its_owner_alone(tmp_path):
    made = ring(tmp_path / "keys").signing()
    (path,) = [path for path in (tmp_path / "keys").iterdir() if path.suffix == ".pem"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert ring(tmp_path / "keys").signing().kid == made.kid


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_the_setting_decides_the_algorithm_of_the_first_key(tmp_path, algorithm):
    assert ring(tmp_path, algorithm=algorithm).signing().algorithm == algorithm


def test_without_the_setting_the_first_key_is_for_es256(tmp_path):
    assert ring(tmp_path, algorithm=None).signing().algorithm == "ES256"
    assert key_files.rotate(tmp_path / "nothing-yet", None).algorithm == "ES256"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_without_the_setting_a_later_key_has_the_algorithm_of_the_last_one(tmp_path, algorithm):
    other = {"RS256": "ES256", "ES256": "RS256"}[algorithm]
    for one in (other, algorithm):
        key_files.rotate(tmp_path, one)
    assert key_files.rotate(tmp_path, None).algorithm == algorithm


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_only_what_is_public_is_published(tmp_path, algorithm):
    (published,) = json.loads(ring(tmp_path, algorithm=algorithm).jwks())["keys"]
    private = {"d", "p", "q", "dp", "dq", "qi", "k"}
    assert not private & set(published)
    assert {"kty", "use", "alg", "kid"} <= set(published)
    assert (published["use"], published["alg"]) == ("sig", algorithm)


def test_after_a_rotation_the_new_key_signs_and_the_old_one_still_verifies(tmp_path):
    before = ring(tmp_path).signing()
    after = key_files.rotate(tmp_path, "RS256")
    now = ring(tmp_path)
    assert now.signing().kid == after.kid
    assert now.find(before.kid) is not None
    assert [key["kid"] for key in json.loads(now.jwks())["keys"]] == [after.kid, before.kid]


def test_a_running_service_notices_a_rotation(tmp_path):
    # Both keys may be made in one millisecond: the second begins to sign in the next.
    running = ring(tmp_path, reload_interval=0, now=lambda: now_ms() + 1)
    after = key_files.rotate(tmp_path, "ES256")
    assert running.signing().kid == after.kid


def test_a_key_is_published_and_verifies_before_it_signs(tmp_path):
    later = [0]
    running = ring(tmp_path, reload_interval=0, now=lambda: now_ms() + later[0])
    before = running.signing()
    after = key_files.rotate(tmp_path, "ES256", lead=60_000)
    assert running.signing() == before
    assert running.find(after.kid) is not None
    assert [key["kid"] for key in json.loads(running.jwks())["keys"]] == [after.kid, before.kid]
    later[0] = 60_000
    assert running.signing().kid == after.kid
    assert running.find(before.kid) == before


def test_where_no_keys_time_has_come_the_earliest_signs(tmp_path):
    first, _ = (key_files.rotate(tmp_path, "ES256", lead=lead) for lead in (60_000, 120_000))
    assert ring(tmp_path).signing().kid == first.kid
    assert [state for _, state in key_files.listing(tmp_path, keep=KEEP)] == ["next", "signing"]


def test_a_rotation_takes_its_turn_after_the_key_that_signs_in_the_same_millisecond(tmp_path, monkeypatch):
    monkeypatch.setattr(key_files, "now_ms", lambda: 1_800_000_000_000)
    made = [key_files.rotate(tmp_path, "ES256").signs_from for _ in range(2)]
    assert made == [1_800_000_000_000, 1_800_000_000_001]


def test_an_unknown_kid_makes_a_node_look_and_made_up_ones_no_more_than_now_and_then(tmp_path, monkeypatch):
    read, looks = key_files._files, []
    monkeypatch.setattr(key_files, "_files", lambda directory: looks.append(1) or read(directory))
    running = ring(tmp_path, reload_interval=3_600_000, unknown_interval=0)
    after = key_files.rotate(tmp_path, "ES256")
    assert running.find(after.kid) is not None
    running = ring(tmp_path, reload_interval=3_600_000, unknown_interval=60_000)
    looks.clear()
    for number in range(1_000):
        assert running.find(f"nobody-{number}") is None
    assert not looks, "the last look was less than a minute ago"


def test_a_file_that_is_no_key_takes_nothing_from_a_running_service(tmp_path):
    running = ring(tmp_path, reload_interval=0)
    before = running.signing()
    (tmp_path / f"{now_ms()}-RS256-half.pem").write_text("-----BEGIN PRIVATE")
    assert running.signing() == before
    assert running.find(before.kid) == before
    with pytest.raises(BadKey, match="half"):
        ring(tmp_path)


def test_the_listing_names_the_state_of_each_key(tmp_path):
    now = now_ms()
    for age in (3 * KEEP, 2 * KEEP, KEEP // 2, -KEEP):
        key_files.write(tmp_path, keys.generate("ES256", signs_from=now - age))
    assert [state for _, state in key_files.listing(tmp_path, keep=KEEP)] == [
        "next",
        "signing",
        "retiring",
        "retired",
    ]


def test_keys_from_the_environment_sign_with_the_first_and_make_no_file(tmp_path):
    first, second = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    given = ring(tmp_path / "keys", pems=pem_of(first) + pem_of(second))
    assert len(json.loads(given.jwks())["keys"]) == 2
    assert given.signing().kid == json.loads(given.jwks())["keys"][0]["kid"]
    assert not (tmp_path / "keys").exists()


def test_line_breaks_of_a_key_in_a_variable_may_be_escaped(tmp_path):
    text = pem_of(ec.generate_private_key(ec.SECP256R1()))
    assert ring(tmp_path, pems=text.replace("\n", "\\n")).signing().kid == ring(tmp_path, pems=text).signing().kid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"secret")),
    ],
    ids=["empty", "nonsense", "no key", "1024 bits", "P-384", "encrypted"],
)
def test_a_key_that_is_no_good_is_refused_with_a_reason(tmp_path, text):
    with pytest.raises(BadKey) as refused:
        ring(tmp_path, pems=text)
    assert "CIERRE_SIGNING_KEYS" in str(refused.value)


def test_the_secret_is_made_once_and_kept(tmp_path):
    made = server_secret(tmp_path, None)
    assert len(made) >= 32
    assert server_secret(tmp_path, None) == made
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_secret_that_was_half_written_is_refused(tmp_path):
    (tmp_path / "secret").touch()
    with pytest.raises(BadKey, match="too short"):
        server_secret(tmp_path, None)


def test_a_secret_that_is_given_is_used_and_a_short_one_refused(tmp_path):
    assert server_secret(tmp_path, "x" * 32) == b"x" * 32
    with pytest.raises(BadKey):
        server_secret(tmp_path, "x" * 31)
