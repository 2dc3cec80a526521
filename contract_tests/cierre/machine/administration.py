"""Rules about what only an administrator may do: closing a user's sessions, and reading the audit log."""

from __future__ import annotations

import operator
from collections.abc import Callable

from hypothesis.stateful import rule

from cierre.contract_tests.cierre import model
from cierre.contract_tests.cierre.accounts import LIMITED_TOKEN
from cierre.contract_tests.cierre.machine.base import REASON, any_session
from cierre.contract_tests.cierre.machine.closings import Closings

UNKNOWN_USER = "00000000000000000000dead"


class Administration(Closings):
    """Forced logouts and the audit log."""

    @rule()
    def force_logout(self) -> None:
        user = self.user_id
        closing = self.sessions.open_of(user)
        answer = self._force_logout(user).has_status(200, because="an administrator's logout")
        model.close(closing, model.EndReason("admin_forced", REASON, "administrator"))
        self._check_closing(answer, closing, "admin_forced")

    @rule(which=any_session)
    def force_logout_without_the_role(self, which: int) -> None:
        session = self._session(which)
        if session is not None:
            body = {"userId": self.admin.user, "reason": REASON}
            answer = self.client.call("force_logout", token=session.access, json=body)
            answer.has_status(403 if session.open else 401, because="an administrator's logout by another user")
            answer = self.client.call("list_audit_events", token=session.access)
            answer.has_status(403 if session.open else 401, because="the audit log for another user")

    @rule()
    def act_with_a_limited_token(self) -> None:
        """An administrator's role is of no use to a token that lacks the ability."""
        if not self.knows_limited_token:
            return
        body = {"userId": self.user_id, "reason": REASON}
        for name in ("force_logout", "list_audit_events", "list_sessions"):
            answer = self.client.call(name, token=LIMITED_TOKEN, json=body if name == "force_logout" else None)
            answer.has_status(403, because="an administrator's token without the ability")

    @rule()
    def force_logout_of_an_unknown_user(self) -> None:
        self._force_logout(UNKNOWN_USER).has_status(404, because="a user that does not exist")

    @rule()
    def page_through_the_audit_log(self) -> None:
        """Newest first, and no event on two pages."""
        seen: list[tuple[str, str]] = []
        cursor: dict[str, str] = {}
        for _ in range(3):
            query = {"userId": self.user_id, "limit": "2", **cursor}
            page = self.client.call("list_audit_events", token=self.admin.access, params=query)
            events = [
                (event["timestamp"], event["sessionId"])
                for event in page.has_status(200, because="a page").at("data", "events")
            ]
            page.must(len(events) <= 2 and not set(events) & set(seen), "A page repeats an event, or has too many")
            seen += events
            page.must(seen == sorted(seen, key=lambda event: event[0], reverse=True), "The newest is not the first")
            if page.at("data", "nextCursor") is None:
                break
            cursor = {"cursor": page.at("data", "nextCursor")}
        self._check_filters(seen)

    def _check_filters(self, seen: list[tuple[str, str]]) -> None:
        """Each filter leaves out what it says; other rules use those by user and session."""
        middle = seen[len(seen) // 2][0] if seen else "2000-01-01T00:00:00.000Z"
        filters: list[tuple[str, str, str, Callable[[str, str], bool]]] = [
            ("from", middle, "timestamp", operator.ge),
            ("to", middle, "timestamp", operator.le),
            *(("logoutType", kind, "logoutType", operator.eq) for kind in ("single_device", "all_devices")),
        ]
        for name, value, member, fits in filters:
            query = {"userId": self.user_id, name: value}
            page = self.client.call("list_audit_events", token=self.admin.access, params=query)
            events = page.has_status(200, because=f"the audit log by {name}").at("data", "events")
            page.must(all(fits(event[member], value) for event in events), f"{name}={value} is ignored")
