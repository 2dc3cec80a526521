"""The extension that tests Cierre's own contract: its checks, its hooks, and the state machine."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import IgnoredAuth, RejectedPositiveData, UnsupportedMethodResponse
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.cierre import checks, document, quotas, stateful
from cierre.contract_tests.cierre.accounts import LOGIN, REFRESH_TOKEN, USER_ID, Accounts, entries
from cierre.contract_tests.cierre.client import COOKIE, PHASE
from cierre.contract_tests.exchanges import sent_body
from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.run import Contract, Run
from cierre.oas.navigation import find
from cierre.phrases import Phrase

_LOGIN_ANSWER = ("paths", LOGIN, "post", "responses", "200", "content")
# What ends no session of the caller.
KEEP_SESSION = frozenset({"change_password", "force_logout", "introspect_token"})
# What refuses a request that breaks its schema: 404 is an outcome, and no outcome is decided before 400 is.
REJECTIONS = ("400", "401", "403", "405", "406", "413", "415", "429", "5xx")
# Members of a request whose schema-valid values the contract may refuse for what they mean.
MEANINGS = {
    "login": "clientId",
    "list_audit_events": "cursor",
    "list_deliveries": "cursor",
    "change_password": "newPassword",
}
# The OAuth endpoints say with 400 that a well-formed token or client is not good (RFC 6749, section 5.2).
OAUTH_REFUSALS = ("invalid_grant", "invalid_client", "unauthorized_client", "unsupported_grant_type")


def cierre_contract(dialect: str | None, accounts: Accounts) -> Contract:
    """Cierre's own contract, or the view of one dialect, with the rules of closing a session.

    Args:
        dialect: whose view, at its host; None is the whole contract.

    Raises:
        CouldNotRun: the contract cannot be read.
    """
    extension = CierreExtension(accounts)
    return Contract(
        document=document.load(dialect),
        entries=tuple(extension.entries),
        headers={"Host": document.HOSTS[dialect]} if dialect in document.HOSTS else {},
        rejections=REJECTIONS,
        checks=checks.NAMES,
        keep_session=KEEP_SESSION,
        extensions=(extension,),
    )


class CierreExtension:
    """What a run of Cierre's own contract does besides: see `run.Extension`.

    Attributes:
        entries: the credentials of the run; `install` puts live values into them.
    """

    name = PHASE

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.entries = entries(accounts)

    def install(self, run: Run, schema: OpenApiSchema) -> None:
        """Log in once, so that a wrong password is reported at the start, and register checks and hooks."""
        run.examples_only = self._answers_from_examples(run)
        checks.register()
        if run.examples_only:
            for entry in self.entries:
                entry.live.clear()
        else:
            checks.apply_to(schema)
            # The user whose sessions an administrator closes.
            user = run.logins.current(self.entries.user).answer
            self.entries.admin.live[USER_ID] = str(find(user, "data", "user", "id"))
        self._hook(run, schema)

    def explore(self, run: Run, schema: OpenApiSchema) -> None:
        """Run the state machine, where the document has the operations for it."""
        for entry in (self.entries.client, self.entries.user):
            run.logins.drop(entry)
        stateful.explore(run, schema, self.accounts)

    def spend(self, run: Run, schema: OpenApiSchema) -> None:
        """Spend the quota of a user."""
        broken = quotas.spend(run, schema, self.accounts)
        if broken:
            stateful.report_broken(run, broken)

    def _answers_from_examples(self, run: Run) -> bool:
        """Whether the server is a mock: a login gets the session of an example, or there is no login at all."""
        login = find(run.document, "paths", LOGIN, "post")
        try:
            answer = run.logins.current(self.entries.admin).answer
        except CouldNotRun:
            if login is None:
                return True
            raise
        session_id = str(find(answer, "data", "sessionId"))
        return login is not None and session_id in json.dumps(find(run.document, *_LOGIN_ANSWER))

    def _hook(self, run: Run, schema: OpenApiSchema) -> None:
        def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
            # Every other made-up cookie becomes a good one.
            if len(case.cookies.get(COOKIE, "")) % 2 and case.meta and case.meta.generation.mode.is_positive:
                case.cookies[COOKIE] = REFRESH_TOKEN
            return case

        def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
            if response.status_code < 300:
                self._restore(run, case, response)

        def filter_failure(_context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
            ambiguous = document.has_two_meanings(str(response.request.url))
            if ambiguous and document.is_refused_by_routing(run.document, response):
                return False
            if isinstance(failure, IgnoredAuth):
                return not run.examples_only
            if isinstance(failure, UnsupportedMethodResponse):
                return document.NO_SUCH_PATH not in case.path
            return not (isinstance(failure, RejectedPositiveData) and _refused_for_its_meaning(case, response))

        for hook in (map_case, after_call, filter_failure):
            schema.hook(hook)

    def _restore(self, run: Run, case: Case[Any], response: Response) -> None:
        """Undo what would spoil the rest of the run: a changed password; sessions that were closed with others."""
        name = _name(case)
        if name == "change_password":
            self._change_back(run, response)
            run.logins.drop(self.entries.client)
        elif name == "force_logout" or b"logoutAll" in sent_body(response.request):
            run.logins.drop(self.entries.client)
            run.logins.drop(self.entries.user)

    def _change_back(self, run: Run, response: Response) -> None:
        changed = json.loads(sent_body(response.request))
        answer = run.line.post(
            str(response.request.url),
            operation=f"POST {urlsplit(str(response.request.url)).path}",
            phase=run.phase,
            json={"currentPassword": changed["newPassword"], "newPassword": self.accounts.password},
            headers={"Authorization": str(response.request.headers["Authorization"]), **run.contract.headers},
        )
        if (answer is None or answer.status_code >= 300) and not self._can_log_in(run):
            raise CouldNotRun(
                Phrase(
                    "the password of {user} could not be changed back: {reason}",
                    user=self.accounts.user,
                    reason=Phrase("no answer") if answer is None else answer.text[:200],
                )
            )

    def _can_log_in(self, run: Run) -> bool:
        """Whether the old password still works: a change that was not saved is for the state machine to find."""
        body = {"username": self.accounts.user, "password": self.accounts.password}
        url = run.options.url.rstrip("/") + LOGIN
        answer = run.line.post(url, operation=f"POST {LOGIN}", phase=run.phase, json=body, headers=run.contract.headers)
        return answer is not None and answer.status_code == 200


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
