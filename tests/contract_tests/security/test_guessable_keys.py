"""A token that a guessable key signs is told, whether the run logged in for it or was given it."""

import base64
import hashlib
import hmac
import json

import pytest

from cierre.contract_tests import named
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import SECURITY, Contract, Options
from tests.support import shelves, toy

OTHERS = tuple(check.name for check in named.SECURITY_CHECKS if check is not named.WEAK_KEY)


def jwt(key, algorithm="HS256", digest=hashlib.sha256):
    parts = [json.dumps(one).encode() for one in ({"alg": algorithm}, {"sub": "ana"})]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.new(key, signed, digest).digest()).rstrip(b"=")
    return f"{signed.decode()}.{signature.decode()}"


def findings(token):
    """What a run that was given `token` finds."""
    tested = Contract(shelves.CONTRACT, (Entry(scheme="bearer", value=token),))
    with toy.serving(shelves.Shelves().app()) as url:
        options = Options(url=url, seed=1, phases=(SECURITY,), security=True, without=OTHERS)
        return plan(tested, options).run(Quiet()).findings


@pytest.mark.parametrize("key", [b"7", b"0042", b"417023", b"changeme"])
def test_short_numbers_and_known_words_are_guessed(key):
    (found,) = findings(jwt(key))

    assert found.check == named.WEAK_KEY.name
    assert f"“{key.decode()}”" in found.summary


def test_a_longer_hash_is_guessed_too():
    (found,) = findings(jwt(b"123", "HS512", hashlib.sha512))
    assert "“123”" in found.summary


@pytest.mark.parametrize("token", [jwt(b"a key of thirty-two random bytes"), "opaque", "a.b.c"])
def test_other_tokens_are_not_told(token):
    assert findings(token) == []
