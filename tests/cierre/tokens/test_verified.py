"""`cierre.tokens.verified`: a signature is verified once, and no longer than its key is one of ours."""

import jwt
import pytest

from cierre.errors import TokenInvalid
from cierre.tokens import jws, keys
from cierre.tokens.jws import UnknownKey
from cierre.tokens.verified import VerifiedTokens

KEY = keys.generate("ES256")


@pytest.fixture
def ring():
    return {KEY.kid: KEY}


@pytest.fixture
def verified(ring, monkeypatch):
    """Remembers two tokens; `verified.count` is how many signatures were verified."""
    tokens = VerifiedTokens(ring.get, media_type="at+jwt", most=2)
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
    assert [verified.claims(one) for _ in range(3)] == [{"sub": "one"}] * 3
    assert verified.count == 1


def test_a_token_of_a_withdrawn_key_is_refused_however_often_it_was_good(verified, ring):
    one = token()
    verified.claims(one)
    del ring[KEY.kid]
    with pytest.raises(UnknownKey):
        verified.claims(one)


def test_another_key_of_the_same_name_verifies_anew(verified, ring):
    one = token()
    verified.claims(one)
    ring[KEY.kid] = keys.generate("ES256")
    with pytest.raises(TokenInvalid):
        verified.claims(one)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_token_that_differs_in_any_part_is_another_one(verified, place):
    one = token()
    verified.claims(one)
    parts, others = one.split("."), token("two").split(".")
    parts[place] = others[place] if place else parts[place] + "A"
    with pytest.raises(TokenInvalid):
        verified.claims(".".join(parts))


def test_a_bad_token_is_not_remembered(verified):
    forged = token(key=keys.generate("ES256"))
    for _ in range(2):
        with pytest.raises(TokenInvalid):
            verified.claims(forged)
    assert verified.count == 2


def test_a_token_that_was_issued_here_needs_no_verification(verified):
    one = token()
    verified.remember(one, KEY.kid, {"sub": "one"})
    assert verified.claims(one) == {"sub": "one"}
    assert verified.count == 0


def test_what_was_issued_is_forgotten_with_its_key(verified, ring):
    one = token()
    verified.remember(one, KEY.kid, {"sub": "one"})
    ring[KEY.kid] = keys.generate("ES256")
    with pytest.raises(TokenInvalid):
        verified.claims(one)


def test_a_token_of_a_key_that_is_not_known_is_not_remembered(verified, ring):
    ring.clear()
    verified.remember(token(), KEY.kid, {"sub": "one"})
    with pytest.raises(UnknownKey):
        verified.claims(token())


def test_of_more_tokens_than_are_remembered_the_one_used_longest_ago_goes(verified):
    first, second, third = (token(name) for name in ("first", "second", "third"))
    for one in (first, second, first, third):
        verified.claims(one)
    assert verified.count == 3
    verified.claims(first)
    assert verified.count == 3
    verified.claims(second)
    assert verified.count == 4
