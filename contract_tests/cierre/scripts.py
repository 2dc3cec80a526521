"""Sequences that every run sends: by chance the state machine would take long to come to all of them."""

from __future__ import annotations

from typing import Any

from cierre.contract_tests.cierre.machine.base import ADMIN_DEVICE, DEVICES
from cierre.contract_tests.cierre.machine.logouts import VENDOR_TYPES
from cierre.contract_tests.cierre.machine.machine import SessionMachine

# The name of a rule, and its arguments.
Step = tuple[Any, ...]
Script = list[Step]

PHONE, TABLET = DEVICES[:2]
# The session that was made last, and the one that was made first.
LAST, FIRST = -1, 0


def run_script(machine: SessionMachine, script: Script) -> None:
    """Take the steps of a script, and check the invariants after each.

    Raises:
        BrokenRule: the server did not do what the contract says.
        requests.RequestException: there was no answer.
    """
    machine.begin()
    for name, *arguments in script:
        getattr(machine, name)(*arguments)
        machine.check()
    machine.teardown()


def scripts() -> list[Script]:
    """Every rule at least once, with each argument that matters."""
    return [*_logouts(), *_old_paths(), *_tokens(), *_others()]


def _login(device: str | None = PHONE, client: int = 0, form: str | None = None, delivery: str | None = None) -> Step:
    return ("login", device, client, form, delivery)


def _logouts() -> list[Script]:
    made: list[Script] = []
    for dialect in (None, *VENDOR_TYPES):
        form = "opaque" if dialect else "jwt"
        twice = ("logout", LAST, dialect)
        made += [
            [_login(form=form), twice, twice, ("logout_leniently", LAST, dialect)],
            [_login(form=form), *[("logout_minimally", LAST, dialect)] * 2],
            [_login(), ("logout_device", LAST, dialect, ADMIN_DEVICE)],
            [_login(), ("logout_device", LAST, dialect, "nowhere")],
            [_login(), _login(), _login(TABLET), ("logout_device", LAST, dialect, PHONE)],
            [_login(), _login(TABLET, form=form), ("logout_all", LAST, dialect), ("logout_all", FIRST, dialect)],
        ]
    by_client = [[_login(client=client), ("logout", LAST, None), ("logout", LAST, None)] for client in range(1, 4)]
    return made + by_client


def _old_paths() -> list[Script]:
    made: list[Script] = []
    for by_cookie, foreign in ((False, False), (True, False), (True, True)):
        step = ("logout_by_refresh_token", LAST, by_cookie, foreign)
        made.append([_login(delivery="cookie" if by_cookie else None), step, step])
    for by_refresh, form in ((False, "jwt"), (False, "opaque"), (True, "jwt")):
        step = ("logout_by_user_token", LAST, by_refresh, False)
        made.append([_login(form=form), ("logout_by_user_token", LAST, by_refresh, True), step, step])
    return made


def _tokens() -> list[Script]:
    at_token_endpoint = ("refresh_at_the_token_endpoint", LAST)
    once, again = ("refresh", LAST, False), ("refresh", LAST, True)
    made: list[Script] = []
    for form in ("jwt", "opaque"):
        made += [
            [_login(form=form), once, ("logout", LAST, None), once],
            [_login(form=form), once, again, ("replay", LAST), once],
            [_login(form=form), ("race", LAST)],
            [_login(form=form), ("race_with_a_refresh", LAST)],
            *([_login(form=form), *[("revoke", LAST, by_access)] * 2] for by_access in (False, True)),
            [_login(form=form), ("revoke_as_another_client", LAST, False), ("revoke_as_another_client", LAST, True)],
            [_login(form=form), at_token_endpoint, at_token_endpoint, ("logout", LAST, None), at_token_endpoint],
            [_login(form=form), ("logout", LAST, None), at_token_endpoint],
            [
                _login(form=form, delivery="cookie"),
                *(("refresh_by_cookie", LAST, foreign) for foreign in ("Origin", "Sec-Fetch-Site", None)),
            ],
        ]
    return made


def _others() -> list[Script]:
    without_the_role = ("force_logout_without_the_role", LAST)
    first, itself = ("look_up", LAST, FIRST), ("look_up", LAST, LAST)
    presented = [("present_the_token_otherwise", LAST), ("introspect_without_credentials", LAST)]
    return [
        [_login(), _login(TABLET), first, itself, ("logout", FIRST, None), first, ("look_up", FIRST, LAST)],
        [_login(), ("force_logout",), _login(), first],
        [_login(), _login(), ("change_password", LAST), first],
        [_login(), *presented, ("page_through_the_audit_log",)],
        [("act_with_a_limited_token",), ("use_a_confidential_client",)],
        [_login(), without_the_role, ("force_logout_of_an_unknown_user",)],
        [_login(), _login(None, form="opaque"), ("force_logout",), ("force_logout",), without_the_role],
        [_login(None), _login(None), ("logout_all", LAST, None), ("page_through_the_audit_log",)],
        [_login(), _login(TABLET, form="opaque"), ("change_password", LAST), ("change_password", FIRST)],
        [_login(), ("login_with_a_wrong_password",), ("change_password_and_back", LAST), ("retry_with_a_key", LAST)],
        *([_login(), ("retry_an_old_path_with_a_key", LAST, by_refresh)] for by_refresh in (False, True)),
    ]
