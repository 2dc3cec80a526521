"""One operation of the document that answers. What can be made once is made at its first request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from cierre.mocks.answering import refusals
from cierre.mocks.answering.echo import echo
from cierre.mocks.answering.examples import RequestExamples
from cierre.mocks.answering.notes import Notes
from cierre.mocks.answering.refusals import Refuser, violations_header
from cierre.mocks.answering.rendering import RenderedResponse, Renderer
from cierre.mocks.answering.responses import responses_of
from cierre.mocks.answering.security import CredentialsRefused, Security
from cierre.mocks.answering.selection import NotDocumented, Selection, Selector, Unacceptable
from cierre.mocks.messages import Headers, MockReply, MockRequest
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import NONE, Preferences
from cierre.oas.document import Document
from cierre.oas.references import UnresolvableReference
from cierre.oas.structure import Operation
from cierre.oas.validation import RequestValidator, UnsupportedMediaType, Validated, Violation, media

_REMEMBERED = 256
# RFC 9745 requires the date of the deprecation, which a document does not have: the epoch is a date in the past.
_DEPRECATION = (b"deprecation", b"@0")
_NOT_VALIDATED = Validated({}, None, [])


class MockedOperation:
    """Answers requests to one operation.

    Args:
        document: that the operation is of.
        operation: of the document.
        options: of the mock.
    """

    def __init__(self, document: Document, operation: Operation, options: MockOptions) -> None:
        self.operation = operation
        self.document = document
        self._options = options
        self._renderer = Renderer(document, options.limits, strict=options.errors)
        self._seed = f"{options.seed or ''}{operation.method} {operation.path}"
        self._unrepeatable = 0
        self._rendered: OrderedDict[Any, tuple[Selection, RenderedResponse]] = OrderedDict()
        self.selector = Selector(document, responses_of(document, operation))
        self._refuser = Refuser(self.selector, self._renderer, self._seed)
        self._security = Security(document, operation, options.token)
        self._deprecated = operation.node.get("deprecated") is True

    @cached_property
    def name(self) -> str:
        """The operationId; method and path where there is none."""
        return str(self.operation.node.get("operationId") or f"{self.operation.method.upper()} {self.operation.path}")

    @cached_property
    def validator(self) -> RequestValidator | None:
        """Validates requests; None where the operation is too broken for that, such as by a reference to nothing."""
        document = self.document
        try:
            return RequestValidator(
                document.root,
                self.operation.path,
                self.operation.method,
                version=document.version,
                compiler=document.requests,
                path_item=self.operation.path_item,
                operation=self.operation.node,
            )
        except (UnresolvableReference, ValueError, AttributeError, KeyError, TypeError, RecursionError):
            return None

    @cached_property
    def _refuses_bodies(self) -> bool:
        """Whether it documents what happens to a body that it does not read; otherwise such a body is ignored."""
        return "415" in map(str, self.document.mapping(self.operation.node.get("responses")))

    @cached_property
    def _notes(self) -> Notes:
        return Notes(self.document, self.operation, self.validator)

    @cached_property
    def _examples(self) -> RequestExamples:
        nodes = [parameter.node for parameter in self.validator.parameters] if self.validator else []
        return RequestExamples(self.document, nodes, self.operation.node.get("requestBody"))

    def answer(self, request: MockRequest, path: Mapping[str, str], preferences: Preferences) -> MockReply:
        """The reply to a request.

        Args:
            request: for this operation.
            path: name → text of its path parameters.
            preferences: of the request.
        """
        accept = request.headers.get("accept", "")
        validate = preferences.validate or self._options.validate
        validated, reply = self._validate(request, path, accept, validate)
        security = preferences.security or self._options.security
        refused = self._security.check(request.headers, request.query) if security != "off" else None
        if reply is None and refused is not None and security == "on":
            reply = self._unauthorized(refused, accept)
        if reply is None and validated.violations and validate == "on":
            reply = self._preferred(accept, preferences, validated.violations)
        if reply is None and validated.violations and validate == "on":
            detail = "; ".join(f"{item.location}{item.pointer}: {item.message}" for item in validated.violations[:3])
            unreadable = any(item.rule == "malformed" and not item.pointer for item in validated.violations)
            refusal = refusals.UNREADABLE if unreadable else refusals.MALFORMED
            reply = self._refuser.refuse(refusal, detail, accept, violations=validated.violations)
        if reply is None:
            reply = self._success(request, path, validated, preferences)
            if refused is not None or validated.violations:
                reply = _with_warnings(reply, refused, validated.violations)
            if self._notes.any and (notes := "; ".join(self._notes.of(validated))):
                reply = reply._replace(why=f"{reply.why}; {notes}")
        return self._with_fields(reply, preferences)

    def refuse(self, refusal: refusals.Refusal, detail: str, accept: str, headers: Headers | None = None) -> MockReply:
        """The operation's documented reply for a refusal that is decided elsewhere.

        Args:
            refusal: the kind.
            detail: what exactly is wrong.
            accept: the request's Accept field.
            headers: added to the reply.
        """
        return self._refuser.refuse(refusal, detail, accept, headers=headers)

    def _validate(
        self, request: MockRequest, path: Mapping[str, str], accept: str, validate: str
    ) -> tuple[Validated, MockReply | None]:
        if validate == "off" or self.validator is None:
            return _NOT_VALIDATED, None
        content_type = request.headers.get("content-type")
        if request.body and not self.validator.supported and self._refuses_bodies and validate == "on":
            detail = "the operation reads no body, and documents 415"
            return _NOT_VALIDATED, self._refuser.refuse(refusals.MEDIA_TYPE, detail, accept)
        try:
            return self.validator.validate(path, request.query, request.headers, content_type, request.body), None
        except UnsupportedMediaType as error:
            if validate == "warn":
                return _NOT_VALIDATED, None
            supported = ", ".join(error.supported)
            detail = f"{content_type or 'a body without Content-Type'} is not documented here, but {supported}"
            return _NOT_VALIDATED, self._refuser.refuse(
                refusals.MEDIA_TYPE, detail, accept, headers=[(b"accept-post", supported.encode("latin-1", "replace"))]
            )
        except (UnresolvableReference, ValueError):
            # What the document says of the request leads nowhere: that was told at the start.
            return _NOT_VALIDATED, None

    def _preferred(self, accept: str, preferences: Preferences, violations: Sequence[Violation]) -> MockReply | None:
        """The failure that Prefer asks for, which holds for a request that breaks the document, too."""
        if preferences.code is None and preferences.example is None:
            return None
        try:
            selection = self.selector.select(accept, preferences)
        except NotDocumented as error:
            return refusals.undocumented(str(error), error.known, preferences)
        except Unacceptable:
            return None
        return self._refuser.refuse_with(selection, violations) if selection.status >= 400 else None

    def _unauthorized(self, refused: CredentialsRefused, accept: str) -> MockReply:
        refusal = refusals.CREDENTIALS_MISSING if refused.missing else refusals.CREDENTIALS_INVALID
        challenge = ", ".join(refused.challenges).encode("latin-1", "replace")
        return self._refuser.refuse(refusal, refused.message, accept, headers=[(b"www-authenticate", challenge)])

    def _success(
        self, request: MockRequest, path: Mapping[str, str], validated: Validated, preferences: Preferences
    ) -> MockReply:
        """The reply to a request that nothing is wrong with: what another kind of operation does otherwise."""
        accept = request.headers.get("accept", "")
        names = self._examples.matching(validated.parameters, validated.body) if self._examples.any else ()
        try:
            selection, rendered = self._render(accept, preferences, tuple(names), path)
        except NotDocumented as error:
            return refusals.undocumented(str(error), error.known, preferences)
        except Unacceptable as error:
            detail = f"there is {', '.join(error.available)}, and Accept is {accept}"
            return self._refuser.refuse(refusals.NOT_ACCEPTABLE, detail, accept)
        if not rendered.valid and self._options.errors:
            detail = f"there is no valid body: {rendered.source}"
            return refusals.problem(refusals.NO_VALID_BODY, detail, violations=rendered.violations)
        if preferences.example is None and preferences.code is None and not names:
            rendered = self._echoed(path, validated, selection, rendered)
        why = f"{rendered.source} ({selection.why})"
        headers = rendered.headers
        if rendered.violations:
            headers = [*headers, *violations_header(rendered.violations, b"mock-answer-violations")]
        return MockReply(rendered.status, headers, rendered.body, why, rendered.value)

    def _render(
        self, accept: str, preferences: Preferences, names: tuple[str, ...], path: Mapping[str, str]
    ) -> tuple[Selection, RenderedResponse]:
        dynamic = self._options.dynamic if preferences.dynamic is None else preferences.dynamic
        key = accept, preferences, names, *path.values()
        found = self._rendered.get(key)
        if found is not None:
            return found
        selection = self.selector.select(accept, preferences, names, path)
        seed, repeatable = self._seed_for(preferences, dynamic=dynamic)
        found = selection, self._renderer.render(selection, seed=seed, dynamic=dynamic)
        if repeatable:
            self._rendered[key] = found
            if len(self._rendered) > _REMEMBERED:
                self._rendered.popitem(last=False)
        return found

    def _seed_for(self, preferences: Preferences, *, dynamic: bool) -> tuple[str, bool]:
        """The seed, and whether the same request gets the same answer."""
        if preferences.seed is not None:
            return f"{preferences.seed}{self.name}", True
        if not dynamic or self._options.seed is not None:
            return self._seed, True
        self._unrepeatable += 1
        return f"{self._seed}{self._unrepeatable}{id(self)}", False

    def _echoed(
        self, path: Mapping[str, str], validated: Validated, selection: Selection, rendered: RenderedResponse
    ) -> RenderedResponse:
        if not (path or validated.body) or selection.status >= 300:
            return rendered
        if media.kind_of(media.parse(selection.choice.content_type).essence) != "json":
            return rendered
        typed = validated.parameters.get("path", path)
        value = echo(rendered.value, self.operation.method, typed, validated.body, self._notes.read_only)
        if value is rendered.value:
            return rendered
        schema = self.document.mapping(selection.response.content[selection.choice.key]).get("schema")
        if schema is not None and not self._renderer.conforms_as(schema, value, rendered.value):
            return rendered
        reflected = self._renderer.with_value(rendered, selection, value)
        return reflected._replace(source=f"{rendered.source}, with the request's values")

    def _with_fields(self, reply: MockReply, preferences: Preferences) -> MockReply:
        """The reply with the header fields that the operation and the preferences add."""
        if not self._deprecated and preferences is NONE:
            return reply
        added = []
        if self._deprecated and not reply.header(b"deprecation"):
            added.append(_DEPRECATION)
        if preferences.minimal and reply.status == 204:
            added.append((b"preference-applied", b"return=minimal"))
        return reply._replace(headers=[*reply.headers, *added]) if added else reply


def _with_warnings(reply: MockReply, refused: CredentialsRefused | None, violations: Sequence[Violation]) -> MockReply:
    """The reply with what would have been refused under `on`: for the log."""
    messages = [item.message for item in violations[:3]]
    if refused is not None:
        messages.insert(0, refused.message)
    return reply._replace(why=f"{reply.why}; not refused: {'; '.join(messages)}", violations=tuple(violations))
