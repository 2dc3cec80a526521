"""`cierre.tokens`: the form of what we issue. What we refuse is in `tests/attacks/test_forged_tokens.py`."""

import jwt
import pytest

from cierre.clock import now_ms
from cierre.errors import TokenInvalid
from cierre.principal import Principal
from cierre.settings import MINUTE
from cierre.tokens.access_tokens import AccessTokens
from cierre.tokens.key_files import KeyRing
from cierre.tokens.opaque import (
    digest,
    family_of,
    new_id,
    new_refresh_token,
    same,
    sanctum_session_id,
    split_sanctum,
    successor,
    user_of,
)

WHO = Principal("64f8a123b456c789d012e345", "64f8b456c789d012e345f678", "EMPLEADO", "cierre", "a-device")


def of_folder(folder, algorithm):
    keys = KeyRing(folder / "keys", algorithm=algorithm, keep=900_000)
    return AccessTokens(keys, issuer="http://cierre.test", audience="cierre", ttl=900_000)


@pytest.fixture(params=["RS256", "ES256"])
def tokens(request, tmp_path):
    return of_folder(tmp_path, request.param)


@pytest.fixture
def other_node(tokens, tmp_path):  # noqa: ARG001 - its keys are there
    """Has the same keys, and has issued nothing."""
    return of_folder(tmp_path, None)


def test_an_access_token_has_the_form_of_rfc_9068(tokens):
    now = now_ms()
    token = tokens.issue(WHO, epoch=3, at=now)
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert header["typ"] == "at+jwt"
    assert set(header) == {"alg", "kid", "typ"}
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= set(claims)
    assert claims["exp"] - claims["iat"] == 900
    assert (claims["sid"], claims["role"], claims["device"]) == (WHO.session_id, "EMPLEADO", "a-device")


def test_a_token_of_ours_verifies_on_each_node_and_says_who_asks(tokens, other_node):
    token = tokens.issue(WHO, epoch=3, at=now_ms())
    verified = other_node.verify(token)
    assert (verified.principal.session_id, verified.epoch, verified.expired) == (WHO.session_id, 3, False)
    assert tokens.verify(token) == verified


def test_whoever_reads_tokens_with_pyjwt_reads_ours(tokens, tmp_path):
    token = tokens.issue(WHO, epoch=3, at=now_ms())
    key = KeyRing(tmp_path / "keys", algorithm=None, keep=900_000).signing()
    claims = jwt.decode(token, key.public, algorithms=[key.algorithm], audience="cierre", issuer="http://cierre.test")
    assert (claims["sub"], claims["client_id"]) == (WHO.user_id, WHO.client_id)


def test_two_tokens_of_one_session_differ(tokens):
    now = now_ms()
    assert tokens.issue(WHO, epoch=0, at=now) != tokens.issue(WHO, epoch=0, at=now)


def test_an_expired_token_verifies_and_says_so(tokens):
    assert tokens.verify(tokens.issue(WHO, epoch=0, at=now_ms() - 1_000_000)).expired is True


def test_the_clock_of_another_node_may_be_ahead_by_ten_seconds(tokens):
    assert tokens.verify(tokens.issue(WHO, epoch=0, at=now_ms() + 8_000)).expired is False
    with pytest.raises(TokenInvalid):
        tokens.verify(tokens.issue(WHO, epoch=0, at=now_ms() + 60_000))


def test_a_token_of_another_issuer_or_audience_is_refused(tokens):
    token = tokens.issue(WHO, epoch=0, at=now_ms())
    for changes in ({"_issuer": "http://other.test"}, {"_audience": "other"}):
        kept = {name: getattr(tokens, name) for name in changes}
        for name, value in changes.items():
            setattr(tokens, name, value)
        with pytest.raises(TokenInvalid):
            tokens.verify(token)
        for name, value in kept.items():
            setattr(tokens, name, value)


def test_a_life_of_less_than_a_second_is_a_second(tmp_path):
    keys = KeyRing(tmp_path / "keys", algorithm="ES256", keep=1)
    short = AccessTokens(keys, issuer="i", audience="a", ttl=100)
    assert short.verify(short.issue(WHO, epoch=0, at=now_ms())).expired is False


def test_a_token_that_was_verified_before_is_as_old_as_it_is(tmp_path):
    keys, clock = KeyRing(tmp_path / "keys", algorithm="ES256", keep=1), [now_ms()]
    tokens = AccessTokens(keys, issuer="i", audience="a", ttl=MINUTE, now=lambda: clock[0])
    token = tokens.issue(WHO, epoch=0, at=clock[0])
    expired = []
    for passed in (0, MINUTE + 1000, -MINUTE):
        clock[0] += passed
        expired.append(tokens.verify(token).expired)
    assert expired == [False, True, False]
    # A clock that is far behind the issuer's, or a key that promised too long a life.
    clock[0] -= 2 * MINUTE
    with pytest.raises(TokenInvalid):
        tokens.verify(token)


def test_a_refresh_token_has_its_user_162_bits_of_its_family_and_256_of_its_own():
    user_id = new_id()
    made = {new_refresh_token(user_id) for _ in range(100)}
    assert len({token[16:43] for token in made}) == len({token[43:] for token in made}) == 100
    assert len({token[:16] for token in made}) == 1
    assert {(len(token), user_of(token)) for token in made} == {(86, user_id)}


def test_a_user_whose_id_is_not_one_of_ours_is_not_named():
    made = {new_refresh_token("employee-17") for _ in range(100)}
    assert {len(token) for token in made} == {86}
    assert len({token[:16] for token in made}) == len({token[:43] for token in made}) == 100


NO_TOKENS = ["", "o" * 43, "o" * 85, "o" * 42 + "|" + "o" * 43, "ñ" * 86, "o" * 86 + "\n", "\n" * 86]


@pytest.mark.parametrize("token", NO_TOKENS)
def test_what_is_no_refresh_token_of_ours_names_nobody(token):
    assert user_of(token) is None


def test_a_successor_is_the_same_for_the_same_token_and_secret_only():
    token, secret = new_refresh_token(new_id()), b"s" * 32
    assert successor(token, secret) == successor(token, secret)
    assert successor(token, secret) != successor(token, b"t" * 32)
    assert successor(token, secret) != successor(new_refresh_token(new_id()), secret)
    assert len(successor(token, secret)) == 86
    assert user_of(successor(token, secret)) == user_of(token)
    assert family_of(successor(token, secret)) == family_of(token)


def test_a_refresh_token_of_before_families_founds_one():
    old, secret = "o" * 43, b"s" * 32
    assert family_of(old) is None
    following = successor(old, secret)
    assert family_of(following) is not None
    assert following == successor(old, secret)
    assert family_of(successor(following, secret)) == family_of(following)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1|abcdef1234567890", (1, digest("abcdef1234567890"))),
        ("999999999999999999|abcdefgh", (999999999999999999, digest("abcdefgh"))),
        ("1|ab|cdefgh", (1, digest("ab|cdefgh"))),
        ("1|short", None),
        ("|abcdefgh", None),
        ("x|abcdefgh", None),
        ("1", None),
        ("-1|abcdefgh", None),
        ("1234567890123456789|abcdefgh", None),
        ("1|abc defgh", None),
        ("1|abcdefgh\n", None),
        ("a.b.c", None),
    ],
)
def test_sanctums_form_is_an_id_and_a_secret(text, parts):
    assert split_sanctum(text) == parts


def test_a_sanctum_session_is_stable_by_the_tokens_id():
    assert sanctum_session_id(1) == sanctum_session_id(1) != sanctum_session_id(2)
    assert len(sanctum_session_id(1)) == 24


def test_ids_are_24_hex_characters():
    assert all(len(bytes.fromhex(new_id())) == 12 for _ in range(10))


def test_same_compares_texts():
    assert same("ñ", "ñ")
    assert not same("a", "b")
