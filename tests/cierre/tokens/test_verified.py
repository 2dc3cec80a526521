"""`cierre.tokens.verified`: a signature is verified once, and no longer than its key is one of ours."""

import tracemalloc

import jwt
import pytest

from cierre.errors import TokenInvalid
from cierre.tokens import jws, keys
from cierre.tokens.jws import UnknownKey
from cierre.tokens.verified import VerifiedTokens, _name, _Newest

KEY = keys.generate("ES256")


@pytest.fixture
def ring():
    return {KEY.kid: KEY}


@pytest.fixture
def verified(ring, monkeypatch):
    """Remembers two tokens; `verified.count` is how many signatures were verified."""
    tokens = VerifiedTokens(ring.get, media_type="at+jwt", read=dict, most=2, most_signed=8)
    tokens.count = 0
    algorithm = jws.ALGORITHMS["ES256"]

    class Counting:
        def verify(self, *parts):
            tokens.count += 1
            return algorithm.verify(*parts)

    monkeypatch.setitem(jws.ALGORITHMS, "ES256", Counting())
    return tokens


def token(sub="one", key=KEY):
    return jwt.encode({"sub": sub}, key.private, algorithm="ES256", headers={"typ": "at+jwt", "kid": KEY.kid})


def test_the_same_token_is_verified_once(verified):
    one = token()
    assert [verified.read(one) for _ in range(3)] == [{"sub": "one"}] * 3
    assert verified.count == 1


def test_a_token_of_a_withdrawn_key_is_refused_however_often_it_was_good(verified, ring):
    one = token()
    verified.read(one)
    del ring[KEY.kid]
    with pytest.raises(UnknownKey):
        verified.read(one)


def test_another_key_of_the_same_name_verifies_anew(verified, ring):
    one = token()
    verified.read(one)
    ring[KEY.kid] = keys.generate("ES256")
    with pytest.raises(TokenInvalid):
        verified.read(one)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_token_that_differs_in_any_part_is_another_one(verified, place):
    one = token()
    verified.read(one)
    parts, others = one.split("."), token("two").split(".")
    parts[place] = others[place] if place else parts[place] + "A"
    with pytest.raises(TokenInvalid):
        verified.read(".".join(parts))


def test_a_bad_token_is_not_remembered(verified):
    forged = token(key=keys.generate("ES256"))
    for _ in range(2):
        with pytest.raises(TokenInvalid):
            verified.read(forged)
    assert verified.count == 2


def test_a_token_that_was_issued_here_needs_no_verification(verified):
    one = token()
    verified.remember(one, KEY.kid, {"sub": "one"})
    assert verified.read(one) == {"sub": "one"}
    assert verified.count == 0


def test_what_was_issued_is_forgotten_with_its_key(verified, ring):
    one = token()
    verified.remember(one, KEY.kid, {"sub": "one"})
    ring[KEY.kid] = keys.generate("ES256")
    with pytest.raises(TokenInvalid):
        verified.read(one)


def test_a_token_of_a_key_that_is_not_known_is_not_remembered(verified, ring):
    ring.clear()
    verified.remember(token(), KEY.kid, {"sub": "one"})
    with pytest.raises(UnknownKey):
        verified.read(token())


def test_of_more_tokens_than_are_remembered_the_one_used_longest_ago_goes(verified):
    first, second, third = (token(name) for name in ("first", "second", "third"))
    for one in (first, second, first, third):
        verified.read(one)
    assert list(verified._known) == [_name(first), _name(third)]


def test_of_more_tokens_than_are_kept_whole_the_signature_is_not_verified_again(verified):
    three = [token(sub) for sub in ("one", "two", "three")]
    for _ in range(2):
        assert [verified.read(one)["sub"] for one in three] == ["one", "two", "three"]
    assert verified.count == 3


def test_a_signature_is_forgotten_after_so_many_others_and_not_before_half_as_many(ring):
    tokens, others = VerifiedTokens(ring.get, media_type="at+jwt", read=dict, most=1, most_signed=4), iter(range(99))
    one = token()
    tokens.remember(one, KEY.kid, {"sub": "one"})
    is_kept = []
    for _ in range(4):
        tokens.remember(token(str(next(others))), KEY.kid, {})
        is_kept.append(tokens._signed.get(_name(one)) is KEY)
    assert is_kept == [True, True, False, False]


def test_a_key_that_has_changed_verifies_anew_what_is_not_kept_whole(verified, ring):
    one = token()
    for sub in ("one", "two", "three"):
        verified.read(one if sub == "one" else token(sub))
    ring[KEY.kid] = keys.generate("ES256")
    with pytest.raises(TokenInvalid):
        verified.read(one)


def test_a_signature_that_is_remembered_weighs_little():
    newest, count = _Newest(1_000_000), 20_000
    tracemalloc.start()
    for number in range(count):
        newest.add(_name(str(number)), KEY)
    weight, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert weight / count < 250
