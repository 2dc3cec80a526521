"""Credentials that a server must refuse."""

from __future__ import annotations

from collections.abc import Iterator

from cierre.contract_tests.auth.presenting import credentials_for
from cierre.contract_tests.clauses import security_pointer
from cierre.contract_tests.probes.probe import UNAUTHENTICATED, Probe
from cierre.contract_tests.run import Run
from cierre.oas.navigation import Json, find, security
from cierre.oas.structure import Operation


def credential_probes(run: Run, operation: Operation) -> Iterator[Probe]:
    """One probe for each kind of broken credentials; broken tokens are made from one that works now."""
    token = _working_token(run, operation)
    _hide_broken(run, token)
    clause = security_pointer(run.document, operation.steps)
    keys = _api_keys(run.document, operation)
    if keys:
        yield from _key_probes(keys, clause)
        return
    for name, value in broken_credentials(token):
        yield Probe("broken credentials", name, UNAUTHENTICATED, clause, (("Authorization", value),))


def _api_keys(document: Json, operation: Operation) -> list[Json]:
    """The schemes of the operation that want an API key."""
    names = {name for alternative in security(document, operation) for name in alternative}
    schemes = (find(document, "components", "securitySchemes", name) or {} for name in sorted(names))
    return [scheme for scheme in schemes if scheme.get("type") == "apiKey" and "name" in scheme]


def _key_probes(keys: list[Json], clause: str) -> Iterator[Probe]:
    """Without any credential, and with keys that are none, in the places where the operation looks for keys."""
    for name, value in (("none", None), ("a made-up key", "cierre-made-up")):
        fields: list[tuple[str, str | None]] = [("Authorization", None)]
        query: list[tuple[str, str | None]] = []
        for key in keys:
            if key.get("in") == "query":
                query.append((key["name"], value))
            elif key.get("in") == "cookie":
                fields.append(("Cookie", value and f"{key['name']}={value}"))
            else:
                fields.append((key["name"], value))
        yield Probe("broken credentials", name, UNAUTHENTICATED, clause, tuple(fields), query=tuple(query))


def broken_credentials(token: str) -> Iterator[tuple[str, str | None]]:
    """Values of Authorization that must be refused: a name, and the value; None leaves the field out."""
    yield "none", None
    yield "an empty field", ""
    yield "a scheme and no token", "Bearer"
    yield "a scheme that is not the contract's", "Digest abc"
    yield "a made-up token", "Bearer cierre-made-up"
    yield "a token of zeros with a row's number", "Bearer 1|" + "0" * 40
    if token:
        yield "a token without its last characters", f"Bearer {token[:-4]}"
        yield "a token with one character changed", f"Bearer {_changed(token)}"
        yield "a token without a scheme", token
        yield "two tokens", f"Bearer {token}, Bearer {token}"
    if token.count(".") == 2:
        yield "a token that says it is unsigned", f"Bearer {_unsigned(token)}"


def _changed(token: str) -> str:
    """`token` with another character near its end; not the last, whose lowest bits may say nothing in base64url."""
    at = len(token) - 12
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


def _hide_broken(run: Run, token: str) -> None:
    """Hide what is made from a token as well: most of it is the secret. The name is a shell expression."""
    name, at = run.secrets.names.get(token), len(token) - 12
    if name is not None:
        made = _changed(token)
        broken = {f"{{{name}%????}}": token[:-4], f"{{{name}:0:{at}}}{made[at]}${{{name}:{at + 1}}}": made}
        run.secrets.add(broken, run.secrets.recipe[token])


def _unsigned(token: str) -> str:
    """The payload of a JWT under `{"alg":"none"}`, with no signature (RFC 8725, section 3.2)."""
    return f"eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{token.split('.')[1]}."


def _working_token(run: Run, operation: Operation) -> str:
    """A token that works now; empty where the credentials are no token."""
    credentials = credentials_for(run.document, operation, run.contract.entries, run.logins)
    if credentials is None or credentials.entry.path is None:
        return ""
    return run.logins.current(credentials.entry).token
