"""Which dialect, media type and language an answer has: Accept, client, Host, path, in this order."""

import itertools

import pytest

from cierre.cli import demo_data
from cierre.dialects.negotiation import VENDOR_TYPES, choose, language
from cierre.storage.repositories import clients
from tests.support.running import LOGOUT, USER, bearer

SESSION, ENVELOPE, RESPUESTA = (f"application/vnd.cierre.{name}+json" for name in ("session", "envelope", "respuesta"))
PROBLEM = "application/problem+json"
JSON = "application/json"
HOSTS = {"api.example.com": "envelope", "api.ejemplo.com": "respuesta", "localhost:3000": "session"}


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


def dialect_of(body):
    """Whose shape a failure has."""
    shapes = {
        "session": {"status", "code", "message", "details"},
        "envelope": {"success", "message", "code", "errors", "trace_id"},
        "respuesta": {"error", "respuesta", "resultado"},
        "dto": {"timestamp", "status", "error", "message", "path"},
        "problem": {"type", "title", "status", "detail", "instance", "code", "traceId", "details"},
    }
    return next(name for name, names in shapes.items() if set(body) == names)


async def refused(service, *, token="wrong", path=LOGOUT, **headers):
    return await service.client.post(path, headers=bearer(token) | headers)


# --- Accept, as a function


@pytest.mark.parametrize(
    ("accept", "vendor", "media_type", "problem", "acceptable"),
    [
        ("*/*", None, JSON, False, True),
        ("application/*", None, JSON, False, True),
        (JSON, None, JSON, False, True),
        ("application/json;q=0.1, text/html", None, JSON, False, True),
        ("APPLICATION/JSON", None, JSON, False, True),
        (ENVELOPE, "envelope", ENVELOPE, False, True),
        (f"{ENVELOPE};q=0.5, {RESPUESTA}", "respuesta", RESPUESTA, False, True),
        (f"{ENVELOPE}, {RESPUESTA}", "envelope", ENVELOPE, False, True),
        (f"{ENVELOPE};q=0.5, {JSON}", None, JSON, False, True),
        (f"{ENVELOPE}, */*;q=0.1", "envelope", ENVELOPE, False, True),
        (f"{ENVELOPE};q=0", None, JSON, False, False),
        (f"{ENVELOPE};q=0, */*", None, JSON, False, True),
        (PROBLEM, None, JSON, True, True),
        (f"{PROBLEM}, {JSON};q=0.9", None, JSON, True, True),
        (f"{JSON}, {PROBLEM}", None, JSON, False, True),
        (f"{PROBLEM}, {ENVELOPE}", "envelope", ENVELOPE, True, True),
        (f"{PROBLEM};q=0.5, {ENVELOPE}", "envelope", ENVELOPE, False, True),
        ("text/html", None, JSON, False, False),
        ("text/*, image/png", None, JSON, False, False),
        ("application/json;q=0", None, JSON, False, False),
        ("*/*;q=0", None, JSON, False, False),
        ("application/xml, application/*;q=0", None, JSON, False, False),
        ("", None, JSON, False, True),
        (" , ,", None, JSON, False, True),
        ("application/json;q=nonsense", None, JSON, False, False),
        ("application/json;charset=utf-8;q=0.3", None, JSON, False, True),
    ],
)
def test_what_an_accept_field_asks_for(accept, vendor, media_type, problem, acceptable):
    expected = (vendor and next(VENDOR_TYPES[one] for one in VENDOR_TYPES if vendor in one), problem, acceptable)
    choice = choose(accept, vendors=True)
    assert (choice.vendor, choice.problem, choice.acceptable) == expected
    if acceptable:
        assert choice.media_type == media_type


@pytest.mark.parametrize("accept", [SESSION, ENVELOPE, RESPUESTA])
def test_a_vendor_type_says_nothing_on_a_path_with_one_dialect(accept):
    assert choose(accept, vendors=False).acceptable is False
    assert choose(f"{accept}, */*;q=0.1", vendors=False).vendor is None


@pytest.mark.parametrize(
    ("accept_language", "default", "chosen"),
    [
        ("en", "es", "en"),
        ("es", "en", "es"),
        ("en-GB", "es", "en"),
        ("es-MX, en;q=0.5", "en", "es"),
        ("en;q=0.5, es;q=0.8", "en", "es"),
        ("fr", "es", "es"),
        ("fr, en;q=0.1", "es", "en"),
        ("*", "es", "es"),
        ("fr, *;q=0.5", "en", "en"),
        ("en;q=0", "es", "es"),
        ("en;q=0, es;q=0", "en", "en"),
        ("EN", "es", "en"),
        ("", "es", "es"),
        ("en, es", "es", "en"),
    ],
)
def test_which_language_an_accept_language_field_gets(accept_language, default, chosen):
    assert language(accept_language, default) == chosen


# --- in answers


@pytest.mark.parametrize("host", [*HOSTS, "other.test", "api.example.com:8443", "API.EJEMPLO.COM", "localhost:4000"])
async def test_the_host_chooses_where_nothing_else_does(service, host):
    """An entry without a port is any port; one with a port is that port alone."""
    answer = await refused(service, Host=host)
    expected = HOSTS.get(host) or HOSTS.get(host.lower().partition(":")[0], "session")
    assert dialect_of(answer.json()) == expected
    assert answer.headers["Content-Type"] == JSON


@pytest.mark.parametrize(("vendor", "host"), list(itertools.product((SESSION, ENVELOPE, RESPUESTA), HOSTS)))
async def test_a_vendor_type_wins_over_the_host_and_is_what_comes_back(service, vendor, host):
    answer = await refused(service, Host=host, Accept=vendor)
    assert dialect_of(answer.json()) in vendor
    assert answer.headers["Content-Type"] == vendor


@pytest.mark.parametrize(
    ("client", "host"), list(itertools.product(("demo-session", "demo-envelope", "demo-respuesta"), HOSTS))
)
async def test_the_clients_own_dialect_wins_over_the_host(service, client, host):
    (session,) = await service.mint(client_id=client)
    answer = await service.logout(session.access, {"deviceId": "none"}, Host=host)
    assert dialect_of(answer.json()) == client.removeprefix("demo-")
    assert answer.headers["Content-Type"] == JSON


async def test_a_vendor_type_wins_over_the_clients_own_dialect(service):
    (session,) = await service.mint(client_id="demo-respuesta")
    answer = await service.logout(session.access, {"deviceId": "none"}, Accept=ENVELOPE)
    assert dialect_of(answer.json()) == "envelope"


async def test_the_client_decides_also_when_its_session_is_closed_or_its_token_expired(start_service, database_url):
    service = await start_service(database_url, access_ttl=1000)
    (closed,) = await service.mint(client_id="demo-envelope")
    (expired,) = await service.mint(client_id="demo-envelope", age=5000)
    await service.logout(closed.access)
    for token in (closed.access, expired.access):
        answer = await service.logout(token)
        assert (answer.status_code, dialect_of(answer.json())) == (401, "envelope")


async def test_the_client_decides_also_for_what_is_refused_before_the_token_is_looked_at(service):
    (session,) = await service.mint(client_id="demo-respuesta")
    headers = bearer(session.access) | {"Content-Type": "text/plain"}
    answer = await service.client.post(LOGOUT, content=b"x", headers=headers)
    assert (answer.status_code, dialect_of(answer.json())) == (415, "respuesta")


async def test_a_client_whose_token_does_not_verify_decides_nothing(service):
    (session,) = await service.mint(client_id="demo-respuesta")
    answer = await service.logout(session.access[:-8] + "AAAAAAAA", Host="api.example.com")
    assert dialect_of(answer.json()) == "envelope"


async def test_a_client_without_a_dialect_leaves_it_to_the_host(service):
    (session,) = await service.mint(client_id="demo-resource")
    answer = await service.logout(session.access, {"deviceId": "none"}, Host="api.ejemplo.com")
    assert dialect_of(answer.json()) == "respuesta"


async def test_a_sanctum_tokens_client_decides_as_well(service):
    issued = await service.login(tokenFormat="opaque", clientId="demo-envelope")
    answer = await service.logout(issued["accessToken"], Host="api.ejemplo.com")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_the_host_table_is_a_setting(start_service, database_url):
    service = await start_service(database_url, host_dialects={"mine.test": "respuesta", "mine.test:81": "envelope"})
    for host, dialect in (("mine.test", "respuesta"), ("mine.test:81", "envelope"), ("api.example.com", "session")):
        assert dialect_of((await refused(service, Host=host)).json()) == dialect


@pytest.mark.parametrize("accept", [PROBLEM, f"{PROBLEM}, {JSON};q=0.5"])
@pytest.mark.parametrize("path", [LOGOUT, "/api/auth/logout"])
async def test_a_client_that_prefers_problem_details_gets_failures_so(service, path, accept):
    answer = await refused(service, path=path, Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, PROBLEM)
    assert dialect_of(answer.json()) == "problem"


async def test_problem_details_say_nothing_about_a_success(service):
    (session,) = await service.mint()
    answer = await service.logout(session.access, Accept=PROBLEM)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, JSON)


@pytest.mark.parametrize("path", ["/nowhere", "/health/nowhere", "/oauth2/nowhere", "/logout/nowhere"])
async def test_unknown_routes_outside_of_the_apis_answer_in_problem_details(service, path):
    answer = await service.client.get(path)
    assert answer.status_code == 404
    if not path.startswith("/oauth2"):
        assert answer.headers["Content-Type"] == PROBLEM


@pytest.mark.parametrize(
    ("path", "dialect"), [("/api/v1/nowhere", "session"), ("/api/auth/nowhere", "dto"), ("/api/v1/auth", "session")]
)
async def test_unknown_routes_inside_of_an_api_answer_in_its_dialect(service, path, dialect):
    answer = await service.client.post(path)
    assert (answer.status_code, dialect_of(answer.json())) == (404, dialect)


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", f"{ENVELOPE};q=0"])
async def test_an_accept_that_nothing_satisfies_is_406_and_closes_nothing(service, accept):
    (session,) = await service.mint()
    answer = await service.logout(session.access, Accept=accept)
    assert (answer.status_code, answer.json()["code"]) == (406, "NOT_ACCEPTABLE")
    assert JSON in answer.json()["details"]["available"]
    assert await service.audit() == []


async def test_a_vendor_type_on_an_old_path_is_406(service):
    (session,) = await service.mint()
    body = {"user_id": USER, "token": session.access}
    answer = await service.client.post("/logout", json=body, headers={"Accept": ENVELOPE})
    assert answer.status_code == 406
    assert await service.audit() == []


@pytest.mark.parametrize("accept", [JSON, "*/*", SESSION, ENVELOPE, RESPUESTA, PROBLEM, "text/html"])
async def test_every_answer_says_what_it_varies_by(service, accept):
    (session,) = await service.mint()
    for answer in (await refused(service, Accept=accept), await service.logout(session.access, Accept=accept)):
        assert answer.headers["Vary"].startswith("Accept, Accept-Language, Prefer")


# --- languages


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("asked", ["es", "en", None])
async def test_accept_language_wins_over_the_dialects_own_language(service, host, asked):
    default = "en" if host == "api.example.com" else "es"
    headers = {"Host": host} | ({"Accept-Language": asked} if asked else {})
    answer = await refused(service, **headers)
    assert answer.headers["Content-Language"] == (asked or default)


async def test_no_language_is_said_of_an_answer_without_a_body(service):
    (session,) = await service.mint()
    answer = await service.logout(session.access, Host="api.example.com")
    assert (answer.status_code, "Content-Language" in answer.headers) == (204, False)


# --- Prefer


@pytest.mark.parametrize("host", HOSTS)
async def test_return_minimal_is_204_in_every_dialect(service, host):
    (session,) = await service.mint()
    answer = await service.logout(session.access, Host=host, Prefer="return=minimal")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"


async def test_return_minimal_leaves_a_failure_its_body(service):
    answer = await refused(service, Prefer="return=minimal")
    assert (answer.status_code, dialect_of(answer.json())) == (401, "session")
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize("host", HOSTS)
async def test_handling_lenient_makes_a_repeat_a_success(service, host):
    (session,) = await service.mint()
    first = await service.logout(session.access, Host=host)
    again = await service.logout(session.access, Host=host, Prefer="handling=lenient")
    assert again.status_code == first.status_code
    assert "handling=lenient" in again.headers["Preference-Applied"]
    assert len(await service.audit()) == 1


async def test_handling_lenient_works_on_the_old_paths_too(service):
    one, two = await service.mint(2)
    for path, body in (
        ("/api/auth/logout", {"refreshToken": one.refresh}),
        ("/logout", {"user_id": USER, "token": two.access}),
    ):
        for _ in range(2):
            answer = await service.client.post(path, json=body, headers={"Prefer": "handling=lenient"})
            assert answer.status_code == 200, path


async def test_handling_lenient_forgives_a_closed_session_and_no_bad_token(service):
    answer = await refused(service, Prefer="handling=lenient")
    assert answer.status_code == 401


async def test_preferences_that_mean_nothing_here_are_ignored(service):
    (session,) = await service.mint()
    answer = await service.logout(session.access, Prefer='respond-async, wait=10, foo="a, b", return=representation')
    assert answer.status_code == 200
    assert "Preference-Applied" not in answer.headers


# --- clients


async def test_a_client_that_is_registered_later_decides_once_it_is_known(service):
    async with service.services.database.connect() as tx:
        await clients.save(tx, client_id="late", dialect="respuesta", secret_hash=None)
    await service.services.clients.load(service.services.database)
    body = {"username": demo_data.USERS[0][1], "password": demo_data.PASSWORD, "clientId": "late"}
    issued = (await service.client.post("/api/v1/auth/login", json=body)).json()["data"]
    assert (await service.logout(issued["accessToken"])).json()["error"] == 0
