"""What the state machine does once in any case: chance alone would take long to come to it."""

from __future__ import annotations

from typing import Any

from cierre.contract_tests.cierre.expectations import DESK
from cierre.contract_tests.cierre.rules import DEVICES, VENDORS, Rules

# The name of a rule, and its arguments.
Step = tuple[Any, ...]
Script = list[Step]

PHONE, TABLET = DEVICES[:2]
# The session that was made last, and the one that was made first.
LAST, FIRST = -1, 0


def play(machine: Rules, script: Script) -> None:
    """Take the steps of a script, and see after each that all is as it should be."""
    machine.nobody_is_logged_in()
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
    for asked in (None, *VENDORS):
        form = "opaque" if asked else "jwt"
        twice = ("logout", LAST, asked)
        made += [
            [_login(form=form), twice, twice, ("logout_leniently", LAST, asked)],
            [_login(form=form), *[("logout_saying_little", LAST, asked)] * 2],
            [_login(), ("logout_device", LAST, asked, DESK)],
            [_login(), ("logout_device", LAST, asked, "nowhere")],
            [_login(), _login(), _login(TABLET), ("logout_device", LAST, asked, PHONE)],
            [_login(), _login(TABLET, form=form), ("logout_all", LAST, asked), ("logout_all", FIRST, asked)],
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
    at_the_door = ("refresh_at_the_oauth_door", LAST)
    once, double_click = ("refresh", LAST, False), ("refresh", LAST, True)
    made: list[Script] = []
    for form in ("jwt", "opaque"):
        made += [
            [_login(form=form), once, ("logout", LAST, None), once],
            [_login(form=form), once, double_click, ("replay", LAST), once],
            [_login(form=form), ("race", LAST)],
            [_login(form=form), ("race_with_a_refresh", LAST)],
            *([_login(form=form), *[("revoke", LAST, by_access)] * 2] for by_access in (False, True)),
            [_login(form=form), ("revoke_as_another_client", LAST, False), ("revoke_as_another_client", LAST, True)],
            [_login(form=form), at_the_door, at_the_door, ("logout", LAST, None), at_the_door],
            [_login(form=form), ("logout", LAST, None), at_the_door],
            [
                _login(form=form, delivery="cookie"),
                *(("refresh_by_cookie", LAST, foreign) for foreign in ("Origin", "Sec-Fetch-Site", None)),
            ],
        ]
    return made


def _others() -> list[Script]:
    by_somebody = ("force_logout_without_the_role", LAST)
    first, itself = ("look_up", LAST, FIRST), ("look_up", LAST, LAST)
    return [
        [_login(), _login(TABLET), first, itself, ("logout", FIRST, None), first, ("look_up", FIRST, LAST)],
        [_login(), ("force_logout",), _login(), first],
        [_login(), _login(), ("change_password", LAST), first],
        [_login(), ("present_the_token_otherwise", LAST), ("introspect_as_nobody", LAST), ("page_through_the_trail",)],
        [_login(), by_somebody, ("force_logout_nobody",)],
        [_login(), _login(None, form="opaque"), ("force_logout",), ("force_logout",), by_somebody],
        [_login(None), _login(None), ("logout_all", LAST, None), ("page_through_the_trail",)],
        [_login(), _login(TABLET, form="opaque"), ("change_password", LAST), ("change_password", FIRST)],
        [_login(), ("login_with_a_wrong_password",), ("change_password_and_back", LAST), ("retry_with_a_key", LAST)],
        *([_login(), ("retry_an_old_path_with_a_key", LAST, by_refresh)] for by_refresh in (False, True)),
    ]
