"""A collection of requests, whatever program opens it."""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    """One name with its value: of a query, a header section, a form or a path.

    Attributes:
        value: of a query percent-encoded, as the name is.
        enabled: it is sent; otherwise it is there to be switched on.
        content_type: of a part of a multipart body, "" for none of its own.
    """

    name: str
    value: str
    description: str = ""
    enabled: bool = True
    content_type: str = ""


class Auth(NamedTuple):
    """How a request proves who sends it: by variables, which are empty until somebody fills them.

    Attributes:
        kind: `none`, `basic`, `digest`, `bearer`, `oauth2` or `apikey`.
        variables: their names: user and password, or one.
        key: of an API key, the name of its header field or parameter.
        place: of an API key: `header` or `query`.
        settings: of OAuth 2.0, what a program needs to fetch a token, in Postman's names.
    """

    kind: str
    variables: tuple[str, ...] = ()
    key: str = ""
    place: str = ""
    settings: tuple[tuple[str, str], ...] = ()


NO_AUTH = Auth("none")


class Body(NamedTuple):
    """What a request sends.

    Attributes:
        kind: `json`, `xml`, `text`, `form` or `multipart`.
        text: of the first three.
        fields: of the others.
    """

    kind: str
    text: str = ""
    fields: tuple[Field, ...] = ()


class Answer(NamedTuple):
    """An answer that the document has for a request.

    Attributes:
        language: of the body, to colour it: `json`, `xml`, `html` or `text`.
    """

    name: str
    status: int
    headers: tuple[Field, ...]
    body: str
    language: str


class Request(NamedTuple):
    """One request.

    Attributes:
        name: for people; no other in its folder has it.
        operation: its operationId, or method and path.
        description: Markdown, "" for none.
        method: in upper case.
        server: the name of the variable that has its server's URL.
        path: its segments, percent-encoded; one that is a variable begins with `:`.
        variables: of the path.
        auth: its own, and what else it needs stands in its fields.
        answers: for Postman.
    """

    name: str
    operation: str
    description: str
    method: str
    server: str
    path: tuple[str, ...]
    variables: tuple[Field, ...]
    query: tuple[Field, ...]
    headers: tuple[Field, ...]
    body: Body | None
    auth: Auth
    answers: tuple[Answer, ...]

    @property
    def url(self) -> str:
        """With the variable of its server, and what of the query is sent."""
        sent = "&".join(f"{one.name}={one.value}" if one.value else one.name for one in self.query if one.enabled)
        return f"{{{{{self.server}}}}}/{'/'.join(self.path)}{'?' if sent else ''}{sent}"


class Folder(NamedTuple):
    """Requests of one tag, and folders of the tags below it."""

    name: str
    description: str
    folders: list[Folder]
    requests: list[Request]


class Collection(NamedTuple):
    """All requests of a document.

    Attributes:
        servers: variable → URL without a slash at its end.
        credentials: the names of the variables that are empty.
        auth: of most requests.
        root: folders by tag, and requests without a tag.
    """

    name: str
    description: str
    servers: dict[str, str]
    credentials: tuple[str, ...]
    auth: Auth
    root: Folder
