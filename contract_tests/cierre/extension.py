"""Our own contract: its document as the run needs it, who logs in, and what only we promise."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import IgnoredAuth, RejectedPositiveData, UnsupportedMethodResponse

from cierre import oas
from cierre.contract_tests.auth import Entry
from cierre.contract_tests.cierre import checks as checks  # noqa: PLC0414 - registers them with schemathesis
from cierre.contract_tests.cierre import checks as house_checks
from cierre.contract_tests.cierre.exploration import explore
from cierre.contract_tests.documents import Document, find, operations
from cierre.contract_tests.exchanges import sent_body
from cierre.contract_tests.findings import CouldNotRun

if TYPE_CHECKING:
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from cierre.contract_tests.plan import Users
    from cierre.contract_tests.runner import Run

# The hosts by which the service knows a document's audience: those of the documents themselves.
HOSTS = {"envelope": "api.example.com", "respuesta": "api.ejemplo.com", "session": "localhost:3000"}
LOGIN = "/api/v1/auth/login"
ANSWER = ("responses", "200", "content")
DEVICE = "mobile-device-uuid-123456789"
NOWHERE = "cierre-no-such-path"
REFRESH_TOKEN = "cmVmcmVzaC10b2tlbi1vZi10aGUtZXhhbXBsZXM"
USER_ID = "64f8a123b456c789d012e345"
# Stands in the README, and in the contract as an example.
DEMO_PASSWORD = "cierre-demo"
# The values that the contract's examples show, and what of a login they stand for.
LIVE = {
    REFRESH_TOKEN: "/data/refreshToken",
    "1|abcdef1234567890": "/data/accessToken",
    USER_ID: "/data/user/id",
}
# What ends no session of the one who asks.
LASTING = frozenset({"change_password", "force_logout", "introspect_token"})
# What refuses a request that breaks its schema: 404 is an outcome, and no outcome is decided before 400 is.
REFUSALS = ("400", "401", "403", "405", "406", "413", "415", "429", "5xx")
# Parts of a request whose schema-valid values the contract may refuse for what they mean.
MEANINGS = {"login": "clientId", "list_audit_events": "cursor"}
# The OAuth doors say with 400 that a well-formed token or client is not good (RFC 6749, section 5.2).
OAUTH_REFUSALS = ("invalid_grant", "invalid_client", "unauthorized_client", "unsupported_grant_type")


def ours(dialect: str | None, users: Users) -> tuple[Document, tuple[Entry, ...], dict[str, str], House]:
    """The document, the credentials, the headers of every request, and the rules that are only ours."""
    try:
        loaded = oas.load()
        document = oas.bundle(loaded) if dialect is None else oas.view(loaded, dialect)
    except oas.ContractError as problem:
        raise CouldNotRun(f"our own contract cannot be used: {problem}") from problem
    headers = {"Host": HOSTS[dialect]} if dialect in HOSTS else {}
    entries = [replace(entry, hidden=_hidden(users)) for entry in _entries(users)]
    return _with_unrouted(document), tuple(entries), headers, House(users, dialect)


def _hidden(users: Users) -> dict[str, str]:
    """What no report may show, and its shell variable; the demo's password stands in the README."""
    given = {"PASSWORD": users.password, "ADMIN_PASSWORD": users.admin_password, "CLIENT_SECRET": users.client_secret}
    return {value: name for name, value in given.items() if value != DEMO_PASSWORD}


def _entries(users: Users) -> list[Entry]:
    live = {**LIVE, "usuario@ejemplo.com": users.user, DEMO_PASSWORD: users.password}
    admin = _entry(users.admin_user, users.admin_password, "/api/v1/admin/*", LIVE)
    client = Entry(
        operations="introspect_token",
        username=users.client,
        password=users.client_secret,
        path=LOGIN,
        bodies=({"username": users.user, "password": users.password, "tokenFormat": "opaque"},),
        token="/data/accessToken",
        fresh=True,
        live=live,
    )
    return [admin, client, _entry(users.user, users.password, "*", live)]


def _entry(user: str, password: str, operations_: str, live: dict[str, str]) -> Entry:
    body = {"username": user, "password": password, "deviceId": DEVICE}
    return Entry(
        operations=operations_,
        path=LOGIN,
        bodies=(body, {**body, "tokenFormat": "opaque"}),
        token="/data/accessToken",
        fresh=True,
        live=dict(live),
        # The same key again would give the first answer again.
        unique=("Idempotency-Key",),
    )


def _with_unrouted(document: Document) -> Document:
    """The document with what routing itself refuses written where a run looks for it.

    Each operation gets the 405 of its path, and each prefix an operation that does not exist, whose answer is 404.
    """
    document = deepcopy(document)
    refusals = document.get("x-cierre-unrouted", {})
    for operation in list(operations(document)):
        prefix = max((prefix for prefix in refusals if operation.path.startswith(prefix)), key=len)
        operation.definition["responses"].setdefault("405", _reference(prefix, "405"))
    for prefix in refusals:
        document["paths"][f"{prefix}{NOWHERE}"] = {
            "get": {
                "operationId": f"no_such_path_under_{prefix.strip('/').replace('/', '_') or 'root'}",
                "security": [],
                "responses": {"404": _reference(prefix, "404")},
            }
        }
    return document


def _reference(prefix: str, status: str) -> Document:
    return {"$ref": f"#/x-cierre-unrouted/{prefix.replace('~', '~0').replace('/', '~1')}/{status}"}


class House:
    """What a run of our own contract does besides: see `runner.Extension`."""

    def __init__(self, users: Users, dialect: str | None) -> None:
        self.users = users
        self.dialect = dialect

    def install(self, run: Run, schema: OpenApiSchema) -> None:
        """Log in once, so that a wrong password is said at the start, and register the hooks."""
        admin, _, user = run.options.entries
        if not self._decides(run, admin):
            run.decides = False
            schema.raw_schema[house_checks.EXAMPLES] = True
            for entry in run.options.entries:
                entry.live.clear()
        else:
            self._know(run, admin, user)
        self._hook(run, schema)

    def _decides(self, run: Run, admin: Entry) -> bool:
        """Whether the server has a domain; a mock answers with the contract's examples, or has no login at all."""
        login = find(run.document, "paths", LOGIN, "post")
        try:
            answer = run.ring.login(admin).answer
        except CouldNotRun:
            if login is None:
                return False
            raise
        told = str(find(answer, "data", "sessionId"))
        return login is None or told not in json.dumps(find(run.document, "paths", LOGIN, "post", *ANSWER))

    def _know(self, run: Run, admin: Entry, user: Entry) -> None:
        # The one whose sessions an administrator closes.
        admin.live[USER_ID] = str(find(run.ring.login(user).answer, "data", "user", "id"))

    def _hook(self, run: Run, schema: OpenApiSchema) -> None:
        def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
            # Every other made-up cookie becomes a good one.
            if len(case.cookies.get("refreshToken", "")) % 2 and case.meta and case.meta.generation.mode.is_positive:
                case.cookies["refreshToken"] = REFRESH_TOKEN
            return case

        def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
            if response.status_code < 300:
                self._restore(run, case, response)

        def filter_failure(_context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
            if isinstance(failure, IgnoredAuth):
                return run.decides
            if isinstance(failure, UnsupportedMethodResponse):
                return NOWHERE not in case.path
            return not (isinstance(failure, RejectedPositiveData) and _refused_for_its_meaning(case, response))

        for hook in (map_case, after_call, filter_failure):
            schema.hook(hook)

    def _restore(self, run: Run, case: Case[Any], response: Response) -> None:
        """Undo what would spoil the rest of the run: a changed password; sessions that were closed with others."""
        _, asking_about, user = run.options.entries
        name = _name(case)
        if name == "change_password":
            self._change_back(run, response)
            run.ring.forget(asking_about)
        elif name == "force_logout" or b"logoutAll" in sent_body(response.request):
            run.ring.forget(asking_about)
            run.ring.forget(user)

    def _change_back(self, run: Run, response: Response) -> None:
        changed = json.loads(sent_body(response.request))
        answer = requests.post(
            str(response.request.url),
            json={"currentPassword": changed["newPassword"], "newPassword": self.users.password},
            headers={"Authorization": str(response.request.headers["Authorization"]), **run.options.headers},
            timeout=30,
        )
        if answer.status_code >= 300 and not self._can_log_in(run):
            raise CouldNotRun(f"the password of {self.users.user} could not be changed back: {answer.text[:200]}")

    def _can_log_in(self, run: Run) -> bool:
        """Whether the password is the one that the run was given: a change that was not saved is for the rules."""
        body = {"username": self.users.user, "password": self.users.password}
        url = run.options.url.rstrip("/") + LOGIN
        return requests.post(url, json=body, headers=run.options.headers, timeout=30).status_code == 200

    def explore(self, run: Run, schema: OpenApiSchema) -> None:
        """Play with the rules of closing a session, where the document has the operations for it."""
        for entry in run.options.entries[1:]:
            run.ring.forget(entry)
        explore(run, schema, self.users)


def _name(case: Case[Any]) -> str:
    return str(find(case.operation.definition.raw, "operationId"))


def _refused_for_its_meaning(case: Case[Any], response: Response) -> bool:
    text = response.content.decode(errors="replace")
    # The schema is of every grant; this one wants a token.
    if case.path == "/oauth2/token" and response.status_code == 400 and "refresh_token" not in _members(case):
        return True
    if response.status_code == 400 and any(f'"{word}"' in text for word in OAUTH_REFUSALS):
        return case.path.startswith("/oauth2/")
    if response.status_code == 422:
        return "Idempotency-Key" in case.headers
    meant = MEANINGS.get(_name(case))
    return response.status_code == 400 and meant in {**case.query, **_members(case)}


def _members(case: Case[Any]) -> dict[str, Any]:
    return case.body if isinstance(case.body, dict) else {}
