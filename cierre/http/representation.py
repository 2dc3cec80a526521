"""In which dialect, media type and language a request is answered (the contract's README, "Which dialect answers")."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, cast

from cierre.dialects import dto, envelope, oauth, plain, problem, respuesta, session
from cierre.dialects.catalogue import Language
from cierre.dialects.negotiation import ANYTHING, Choice, choose, language
from cierre.dialects.rendering import Dialect
from cierre.errors import TokenInvalid
from cierre.http.request import Request
from cierre.tokens.opaque import split_sanctum

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        name: cast("Dialect", module)
        for name, module in {
            "session": session,
            "envelope": envelope,
            "respuesta": respuesta,
            "dto": dto,
            "plain": plain,
            "problem": problem,
            "oauth": oauth,
        }.items()
    }
)


class Representation(NamedTuple):
    """What an answer is written in.

    Attributes:
        dialect: its name in `DIALECTS`.
        choice: what Accept asks for.
    """

    dialect: str
    choice: Choice
    language: Language


def negotiate(request: Request) -> Representation:
    """The dialect by path, Accept, client and host, in this order; the language by Accept-Language."""
    name = _dialect_of_path(request.path)
    accept = request.headers.get("accept")
    choice = choose(accept, vendors=name == "session") if accept else ANYTHING
    if name == "session":
        name = choice.vendor or _dialect_of_client(request) or _dialect_of_host(request) or name
    preferred = request.headers.get("accept-language")
    default = DIALECTS[name].DEFAULT_LANGUAGE
    return Representation(name, choice, language(preferred, default) if preferred else default)


def _dialect_of_path(path: str) -> str:
    if path.startswith("/api/v1/"):
        return "session"
    if path == "/logout":
        return "plain"
    if path.startswith("/api/auth/"):
        return "dto"
    return "oauth" if path.startswith("/oauth2/") else "problem"


def _dialect_of_host(request: Request) -> str | None:
    """The host's dialect; an entry without a port is any port."""
    host = request.headers.get("host", "").lower()
    table = request.services.settings.host_dialects
    # `api.example.com.` is the same host, fully qualified.
    return table.get(host) or table.get(host.partition(":")[0].removesuffix("."))


def _dialect_of_client(request: Request) -> str | None:
    """The dialect of the token's client, also where the token was refused, as long as its signature holds."""
    if request.client_id is None:
        request.client_id = _client_of(request)
    return request.services.clients.dialect(request.client_id)


def _client_of(request: Request) -> str:
    """The client of a token that security has not looked at, since the request was refused before: 413, 415, 429."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or split_sanctum(token):
        return ""
    try:
        return request.services.issuer.tokens.verify(token.strip()).principal.client_id
    except TokenInvalid:
        return ""
