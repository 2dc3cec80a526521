"""What one operation answers: its documented response with the things that are kept in the place of its example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cierre.mocks.answering import refusals
from cierre.mocks.answering.rendering import RenderedResponse, Renderer
from cierre.mocks.answering.responses import responses_of
from cierre.mocks.answering.selection import Selection, Selector
from cierre.mocks.messages import Headers, MockReply
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import Preferences
from cierre.mocks.state.lists import Item, Page, member_at
from cierre.mocks.state.paging import Pager
from cierre.mocks.state.resources import Part
from cierre.mocks.state.shaping import Shaper, placed
from cierre.oas.document import Document
from cierre.oas.validation import Violation, media
from cierre.oas.validation.coercion import TextCoercer

_SHOWN = frozenset({"json", "xml"})


class Template(NamedTuple):
    """A documented response, as it is without any state.

    Attributes:
        selection: which one.
        rendered: with its example, or a generated value.
        schema: of its body, None where it has none.
    """

    selection: Selection
    rendered: RenderedResponse
    schema: Any

    @property
    def shows(self) -> bool:
        """Whether things can be put into its body."""
        if not self.selection.choice.key or self.schema is None:
            return False
        return media.kind_of(media.parse(self.selection.choice.content_type).essence) in _SHOWN


class Answers:
    """Of one operation.

    Args:
        document: that it is of.
        part: what it does.
        selector: of its responses.
        renderer: of the document.
        shaper: of the document.
        seed: of what is generated.
        dynamic: each thing gets values of its own where the client says none.
        strict: an answer that breaks its schema is a 500.
    """

    def __init__(
        self,
        document: Document,
        part: Part,
        selector: Selector,
        renderer: Renderer,
        shaper: Shaper,
        *,
        seed: str,
        dynamic: bool,
        strict: bool,
    ) -> None:
        self._document = document
        self._part = part
        self._selector = selector
        self._renderer = renderer
        self._shaper = shaper
        self._seed = seed
        self._dynamic = dynamic
        self._strict = strict
        self._templates: dict[tuple[str, bool, int], Template] = {}

    def template(
        self,
        accept: str,
        preferences: Preferences,
        statuses: Sequence[int] = (),
        number: int = 0,
        path: Mapping[str, str] | None = None,
    ) -> Template:
        """The response that fits best.

        Args:
            accept: the request's Accept field.
            preferences: of the request.
            statuses: to look for first, such as 201 for what was made.
            number: of the thing: with `dynamic` each gets values of its own.
            path: parameters of the request, to be looked for in the examples.

        Raises:
            Unacceptable: no documented media type satisfies Accept.
        """
        dynamic = self._dynamic if preferences.dynamic is None else preferences.dynamic
        wanted = next((one for one in statuses if self._documents(one)), 0) if not preferences.minimal else 0
        key = accept, preferences.minimal, wanted
        found = None if dynamic or path else self._templates.get(key)
        if found is None:
            found = self._made(accept, preferences, wanted, number, path, dynamic=dynamic)
            if not dynamic and not path and len(self._templates) < _REMEMBERED:
                self._templates[key] = found
        return found

    def _documents(self, status: int) -> bool:
        return any(response.key == str(status) for response in self._selector.responses)

    def _made(
        self,
        accept: str,
        preferences: Preferences,
        status: int,
        number: int,
        path: Mapping[str, str] | None,
        *,
        dynamic: bool,
    ) -> Template:
        response = self._selector.for_status(status) if status else None
        if response is None:
            selection = self._selector.select(accept, preferences._replace(code=None, example=None), (), path)
        else:
            selection = self._selector.first_of(response, status, accept, None)._replace(why="the state")
        seed = f"{preferences.seed or self._seed}/{number}" if dynamic else self._seed
        schema = None
        if selection.choice.key:
            node = self._document.mapping(selection.response.content[selection.choice.key])
            schema = self._document.answers.schema_of(node)
        rendered = self._renderer.render(selection, seed=seed, dynamic=dynamic)
        if isinstance(rendered.value, str) and schema is not None:
            # An example of XML is a text: things can't be put into it.
            rendered = self._renderer.render(selection._replace(example=None), seed=seed, dynamic=dynamic)
        return Template(selection, rendered, schema)

    def base(self, template: Template) -> Any:
        """The thing that the response shows without any state, None where it shows none."""
        shown = self._part.shown
        return None if shown is None or not template.shows else member_at(template.rendered.value, shown)

    def thing_schema(self, template: Template) -> Any:
        """The schema of the thing in the response; {} where there is none."""
        shown = self._part.shown
        return {} if shown is None or template.schema is None else self._shaper.shapes.at(template.schema, shown)

    def thing(self, template: Template, value: Any, why: str, fields: Headers) -> tuple[MockReply, Any]:
        """The response with a thing in it, and the thing as it is shown there; None where it is not.

        Args:
            template: of the response.
            value: what is kept of the thing.
            why: for the log.
            fields: header fields that go before those of the response.
        """
        base, shown = self.base(template), self._part.shown
        if shown is None or not template.shows:
            return self._reply(template, template.rendered, why, fields), None
        schema = self.thing_schema(template)
        shaped = self._shaper.shaped(schema, base, value, self._part.resource.writable)
        whole, valid = self._shaper.conforming(
            template.schema, placed(template.rendered.value, shown, shaped), self._seed
        )
        rendered = self._renderer.with_value(template.rendered, template.selection, whole)
        reply = self._reply(template, rendered._replace(valid=valid), why, fields)
        return reply, member_at(whole, shown)

    def broken(self, template: Template, value: Any) -> list[Violation]:
        """What a thing breaks in the response, before anything is repaired; nothing where it is not shown."""
        if self._part.shown is None or not template.shows:
            return []
        schema, base = self.thing_schema(template), self.base(template)
        # What is required and was taken away is missing, not made again.
        writable = self._part.resource.writable
        servers = {name: one for name, one in base.items() if name not in writable} if isinstance(base, Mapping) else {}
        shaped = self._shaper.shaped(schema, servers, value, writable)
        whole = placed(template.rendered.value, self._part.shown, shaped)
        return self._document.responses.compile(template.schema).violations(whole)

    def items(self, template: Template, kept: Sequence[Item]) -> list[Item]:
        """Each thing as the list shows it.

        Args:
            template: of the list's response.
            kept: the things as they are kept.
        """
        schema = self._shaper.shapes.items(self.thing_schema(template))
        listed = self.base(template)
        base = listed[0] if isinstance(listed, list) and listed else {}
        writable = self._part.resource.writable
        found = []
        for own, value in kept:
            shaped = self._shaper.shaped(schema, base, value, writable)
            found.append(Item(own, self._shaper.conforming(schema, shaped, self._seed)[0]))
        return found

    def page(self, template: Template, page: Page, pager: Pager, why: str) -> MockReply:
        """The list's response with one page of things.

        Args:
            template: of the response.
            page: to show.
            pager: writes totals and links where the response has them.
            why: for the log.
        """
        assert self._part.shown is not None
        whole = placed(template.rendered.value, self._part.shown, [item.value for item in page.items])
        whole = pager.with_totals(template.schema, whole, page, self._part.shown)
        whole, valid = self._shaper.conforming(template.schema, whole, self._seed)
        rendered = self._renderer.with_value(template.rendered, template.selection, whole)
        documented = {name.decode("latin-1") for name, _ in rendered.headers}
        return self._reply(template, rendered._replace(valid=valid), why, pager.fields(page, documented))

    def _reply(self, template: Template, rendered: RenderedResponse, why: str, fields: Headers) -> MockReply:
        if not rendered.valid and self._strict:
            return refusals.problem(refusals.NO_VALID_BODY, f"there is no valid body: {why}")
        fields = [(name, self._usable(template, rendered, name, text)) for name, text in fields]
        names = {name for name, _ in fields}
        # An empty one says that the response's own has to go: there is no other page to link to.
        headers = [item for item in rendered.headers if item[0] not in names] + [item for item in fields if item[1]]
        if not rendered.valid:
            headers += refusals.violations_header(self._violations(template, rendered), b"mock-answer-violations")
        return MockReply(rendered.status, headers, rendered.body, why, rendered.value)

    def _violations(self, template: Template, rendered: RenderedResponse) -> list[Violation]:
        return self._document.responses.compile(template.schema).violations(rendered.value)

    def _usable(self, template: Template, rendered: RenderedResponse, name: bytes, text: bytes) -> bytes:
        """A header field's text; the response's own one where its schema does not allow the text."""
        key = name.decode("latin-1")
        written: Mapping[str, Any] = next(
            (one for other, one in template.selection.response.headers.items() if other.lower() == key), {}
        )
        schema = written.get("schema")
        if not text or schema is None:
            return text
        said = text.decode("latin-1")
        values = said, TextCoercer(schema, self._document.root).read(said)
        if any(self._shaper.fits(schema, value, self._document.responses) for value in values):
            return text
        return next((value for other, value in rendered.headers if other == name), text)


# Responses of one operation: Accept is the client's.
_REMEMBERED = 64


def answers_of(document: Document, part: Part, options: MockOptions, shaper: Shaper) -> Answers:
    """The answers of an operation.

    Args:
        document: that it is of.
        part: what it does.
        options: of the mock.
        shaper: of the document.
    """
    return Answers(
        document,
        part,
        Selector(document, responses_of(document, part.operation)),
        Renderer(document, options.limits, strict=options.errors),
        shaper,
        seed=f"{options.seed or ''}{part.operation.method} {part.operation.path}",
        dynamic=options.dynamic,
        strict=options.errors,
    )
