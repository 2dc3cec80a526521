"""Attacks on the access token's form: cases 1 to 12. A refusal reads nothing, fetches nothing and closes nothing."""

import json
import socket

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cierre.clock import now_ms
from cierre.tokens import key_files, keys
from tests.support.forging import LIFE, claims_of, forged, header_of, segment, signed
from tests.support.running import LOGOUT, bearer
from tests.support.wire import exchange, post

YEAR_9999 = 253_402_300_799


@pytest.fixture(params=["RS256", "ES256"])
def key_algorithm(request):
    return request.param


@pytest.fixture
async def session(service):
    (minted,) = await service.mint()
    return minted


async def refused(service, session, token, *, code="INVALID_ACCESS_TOKEN"):
    """401 at every operation that takes an access token, and the session stays open."""
    answers = [await service.logout(token), await service.sessions(token)]
    for answer in answers:
        assert answer.status_code == 401, answer.text
        assert answer.json()["code"] == code
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert await service.audit() == []
    assert (await service.sessions(session.access)).status_code == 200


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "NONE"])
@pytest.mark.parametrize("signature", ["", "AAAA", "of another token"])
async def test_case_01_alg_none_and_an_empty_signature_are_refused(service, session, algorithm, signature):
    if signature.startswith("of"):
        signature = session.access.rpartition(".")[2]
    header = header_of(service, alg=algorithm)
    await refused(service, session, f"{segment(header)}.{segment(claims_of(session, service))}.{signature}")


async def test_case_01_a_stripped_signature_is_refused(service, session):
    await refused(service, session, session.access.rpartition(".")[0] + ".")


async def test_case_01_a_forged_token_is_refused_without_a_look_into_the_database(service, session, monkeypatch):
    def never():
        raise AssertionError("the database was asked")

    token = f"{segment(header_of(service, alg='none'))}.{segment(claims_of(session, service))}."
    monkeypatch.setattr(service.services.database, "connect", never)
    assert (await service.logout(token)).status_code == 401


@pytest.mark.parametrize("form", ["PEM", "DER", "JWK"])
async def test_case_02_hs256_signed_with_our_public_key_is_refused(service, session, form):
    ours = service.services.keys.signing()
    if form == "JWK":
        secret = json.dumps(ours.jwk).encode()
    else:
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        secret = ours.public.public_bytes(getattr(serialization.Encoding, form), kind)
    body = f"{segment(header_of(service, alg='HS256'))}.{segment(claims_of(session, service))}"
    await refused(service, session, f"{body}.{segment(_hmac(secret, body))}")


def _hmac(secret, body):
    import hashlib
    import hmac

    return hmac.digest(secret, body.encode(), hashlib.sha256)


async def test_case_03_a_foreign_key_under_our_kid_is_refused(service, session):
    foreign = keys.generate(service.services.keys.signing().algorithm).private
    token = signed(service, header_of(service), claims_of(session, service), key=foreign)
    await refused(service, session, token)


@pytest.mark.parametrize(
    "kid",
    ["../../dev/null", "' OR 1=1 --", "x" * 10_000, "unknown", "", None, 7, ["a"], {"a": 1}, "\u0000"],
    ids=["path", "sql", "10kB", "unknown", "empty", "missing", "number", "list", "object", "nul"],
)
async def test_case_04_a_kid_that_is_none_of_ours_is_refused(service, session, kid, monkeypatch):
    reads = []
    monkeypatch.setattr(key_files, "read", reads.append)
    token = forged(service, session, header={"kid": kid})
    await refused(service, session, token)
    assert reads == []


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
async def test_case_05_a_key_that_the_token_brings_is_refused_and_not_fetched(service, session, name):
    thief = keys.generate(service.services.keys.signing().algorithm)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
        value = {"jku": url, "x5u": url, "jwk": thief.jwk, "x5c": ["MIIB"]}[name]
        for header in (header_of(service, **{name: value}), header_of(service, **{name: value}, kid=thief.kid)):
            token = signed(service, header, claims_of(session, service), key=thief.private)
            await refused(service, session, token)
        listener.settimeout(0.05)
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("signature", [b"\0" * 64, b"", b"\0" * 63, b"\0" * 65])
async def test_case_06_a_psychic_signature_is_refused(start_service, database_url, tmp_path, signature):
    """ES256 with r = s = 0 (CVE-2022-21449)."""
    service = await start_service(database_url, algorithm="ES256", data_dir=tmp_path / "es256")
    (session,) = await service.mint()
    assert service.services.keys.signing().algorithm == "ES256"
    body = f"{segment(header_of(service))}.{segment(claims_of(session, service))}"
    await refused(service, session, f"{body}.{segment(signature)}")


async def test_case_06_es256_by_a_foreign_key_under_our_kid_is_refused(service, session):
    foreign = ec.generate_private_key(ec.SECP256R1())
    header = header_of(service, alg="ES256")
    token = signed(service, header, claims_of(session, service), key=foreign, algorithm="ES256")
    await refused(service, session, token)


async def test_case_07_a_token_whose_time_is_over_by_a_second_is_expired(service, session):
    now = now_ms() // 1000
    token = forged(service, session, iat=now - 100, exp=now - 1)
    await refused(service, session, token, code="ACCESS_TOKEN_EXPIRED")


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("nbf", lambda now: now + 3600),
        ("iat", lambda now: now + 3600),
        ("exp", lambda now: str(now + LIFE)),
        ("exp", lambda now: now + LIFE + 0.5),
        ("exp", lambda _: -1),
        ("exp", lambda _: YEAR_9999),
        ("exp", lambda _: None),
        ("exp", lambda _: True),
        ("exp", lambda _: [1]),
        ("exp", lambda now: now + 16 * 60),
        ("iat", str),
        ("iat", lambda _: None),
        ("nbf", str),
        ("nbf", lambda _: -1),
        ("epoch", lambda _: "0"),
        ("epoch", lambda _: None),
        ("epoch", lambda _: -1),
    ],
)
async def test_case_07_a_time_that_we_would_not_write_is_refused(service, session, claim, value):
    await refused(service, session, forged(service, session, **{claim: value(now_ms() // 1000)}))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "http://evil.test"),
        ("iss", None),
        ("iss", "http://cierre.test/"),
        ("aud", "another"),
        ("aud", ["another", "a third"]),
        ("aud", None),
        ("aud", []),
        ("jti", None),
        ("sub", None),
        ("sid", None),
        ("client_id", None),
        ("role", None),
        ("role", "ROOT"),
        ("role", ["ADMIN"]),
        ("device", None),
        ("sub", 7),
        ("sid", 7),
        ("jti", 7),
        ("sub", ""),
    ],
)
async def test_case_08_a_claim_that_is_foreign_or_missing_is_refused(service, session, claim, value):
    await refused(service, session, forged(service, session, **{claim: value}))


async def test_case_08_an_audience_that_names_us_among_others_is_accepted(service, session):
    token = forged(service, session, aud=["another", "cierre"])
    assert (await service.sessions(token)).status_code == 200


@pytest.mark.parametrize("typ", ["JWT", "rt+jwt", "logout+jwt", "id_token", "", None, "at+JWT ", 7])
async def test_case_09_another_type_is_refused(service, session, typ):
    await refused(service, session, forged(service, session, header={"typ": typ}))


async def test_case_09_an_id_token_is_no_access_token(service, session):
    token = forged(service, session, header={"typ": "JWT"}, sid=None, client_id=None, nonce="n", aud="cierre")
    await refused(service, session, token)


async def test_case_09_a_refresh_token_is_no_access_token_and_the_other_way_round(service, session):
    await refused(service, session, session.refresh)
    answer = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": session.access})
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_REFRESH_TOKEN")


async def test_case_10_a_header_with_alg_twice_is_refused(service, session):
    key = service.services.keys.signing()
    for first, second in (("none", key.algorithm), (key.algorithm, "none"), (key.algorithm, key.algorithm)):
        raw = f'{{"alg":"{first}","typ":"at+jwt","kid":"{key.kid}","alg":"{second}"}}'.encode()
        await refused(service, session, signed(service, raw, claims_of(session, service)))


async def test_case_10_critical_extensions_are_refused(service, session):
    header = {"crit": ["exp"], "exp": now_ms() // 1000}
    await refused(service, session, forged(service, session, header=header))
    await refused(service, session, forged(service, session, header={"b64": False, "crit": ["b64"]}))


async def test_case_10_a_body_with_a_key_twice_is_400(service, session):
    headers = bearer(session.access) | {"Content-Type": "application/json"}
    for content in (b'{"logoutAll":false,"logoutAll":true}', b'{"deviceId":"a","devic\\u0065Id":"b"}'):
        answer = await service.client.post(LOGOUT, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert await service.audit() == []


@pytest.mark.parametrize(
    "token",
    ["a.b.c.d.e", "a.b", "a", "a.b.c", ".", "..", "x" * 9000, f"{'a' * 3000}.{'b' * 3000}.{'c' * 3000}", "1|", "|abc"],
    ids=["jwe", "two", "one", "three", "dot", "dots", "9kB", "9kB in three", "no secret", "no id"],
)
async def test_case_11_a_token_of_another_form_is_refused(service, session, token):
    await refused(service, session, token)


async def test_case_11_a_line_break_or_a_space_in_a_good_token_is_refused(service, session):
    head, _, tail = session.access.partition(".")
    await refused(service, session, f"{head}. {tail}")


async def test_case_11_a_signature_in_another_spelling_is_refused(service, session):
    """The last character of 256 bytes in base64url has two idle bits: the decoder must not ignore them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = alphabet[alphabet.index(session.access[-1]) ^ 1]
    await refused(service, session, session.access[:-1] + other)


async def test_case_11_bearer_twice_is_refused(service, session):
    answer = await service.client.post(LOGOUT, headers={"Authorization": f"Bearer Bearer {session.access}"})
    assert answer.status_code == 401


async def test_case_11_two_authorization_headers_are_refused(service, session):
    for first, second in ((session.access, "wrong"), ("wrong", session.access), (session.access, session.access)):
        headers = [("Authorization", f"Bearer {first}"), ("Authorization", f"Bearer {second}")]
        assert (await service.client.post(LOGOUT, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "line",
    [
        f"Authorization: Bearer {'x' * 65536}",
        "Authorization: Bearer a\0b",
        "Authorization: Bearer \xff\xfe",
        "Authorization: Bearer a\tb",
        "Authorization:",
    ],
    ids=["64kB", "nul", "latin-1", "tab", "empty"],
)
def test_case_11_a_header_that_no_client_sends_is_never_a_server_error(real, line):
    answer = exchange(real.port, post(LOGOUT, line))
    assert answer.status in {400, 401, 431}


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
async def test_case_12_the_scheme_is_case_insensitive(service, session, scheme):
    answer = await service.client.post(LOGOUT, headers={"Authorization": f"{scheme} {session.access}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["access_token", "token", "Authorization"])
async def test_case_12_a_token_in_the_query_is_ignored(service, session, name):
    answer = await service.client.post(LOGOUT, params={name: session.access})
    assert (answer.status_code, answer.json()["details"]["tokenStatus"]) == (401, "missing")
