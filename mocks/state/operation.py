"""An operation that keeps state: the request is checked as in any mock, then the things decide about the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.answering.refusals import MALFORMED, NOT_ACCEPTABLE
from cierre.mocks.answering.selection import Unacceptable
from cierre.mocks.messages import Headers, MockReply, MockRequest
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import Preferences
from cierre.mocks.state.answers import Answers, Template, answers_of
from cierre.mocks.state.changes import Changes, is_patch, with_id
from cierre.mocks.state.conditions import require_match, require_unique
from cierre.mocks.state.exchange import Exchange, location, matches, tag_of, texts_of
from cierre.mocks.state.lists import Item, member_at, page_of
from cierre.mocks.state.paging import Pager
from cierre.mocks.state.patches import Conflict, Unusable
from cierre.mocks.state.refused import CHANGED, IMPOSSIBLE, NO_ROOM, TAKEN, UNKNOWN, Refused
from cierre.mocks.state.resources import Part, Scope, place_of, scope_of
from cierre.mocks.state.store import Full, Thing
from cierre.mocks.state.things import Things
from cierre.oas.document import Document
from cierre.oas.validation import Validated


class StatefulOperation(MockedOperation):
    """Answers requests to one operation from what is kept.

    Args:
        document: that the operation is of.
        part: what it does.
        options: of the mock.
        things: that are kept.
    """

    def __init__(self, document: Document, part: Part, options: MockOptions, things: Things) -> None:
        super().__init__(document, part.operation, options)
        self.part = part
        self._things = things

    @cached_property
    def answers(self) -> Answers:
        """What it answers."""
        return answers_of(self.document, self.part, self._options, self._things.shaper)

    @cached_property
    def _changes(self) -> Changes:
        return Changes(self.document, self.part, self._things.shaper)

    @cached_property
    def _documented(self) -> frozenset[str]:
        return frozenset(map(str, self.document.mapping(self.operation.node.get("responses"))))

    def _success(
        self, request: MockRequest, path: Mapping[str, str], validated: Validated, preferences: Preferences
    ) -> MockReply:
        if preferences.code is not None or preferences.example is not None:
            return super()._success(request, path, validated, preferences)
        accept = request.headers.get("accept", "")
        exchange = Exchange(request, path, texts_of(path, validated), validated, preferences)
        try:
            self._require_parent(exchange)
            return self._of_role(exchange)
        except Refused as refused:
            return self.refuse(refused.refusal, refused.detail, accept)
        except Full as full:
            return self.refuse(NO_ROOM, str(full), accept)
        except Unacceptable as error:
            detail = f"there is {', '.join(error.available)}, and Accept is {accept}"
            return self.refuse(NOT_ACCEPTABLE, detail, accept)

    def _of_role(self, exchange: Exchange) -> MockReply:
        roles: dict[str, Callable[[Exchange], MockReply]] = {
            "create": self._create,
            "list": self._list,
            "read": self._read,
            "replace": self._replace,
            "change": self._change,
            "delete": self._delete,
            "clear": self._clear,
            "below": self._plain,
        }
        return roles[self.part.role](exchange)

    def _plain(self, exchange: Exchange) -> MockReply:
        """The answer without any state."""
        return super()._success(exchange.request, exchange.path, exchange.validated, exchange.preferences)

    def _require_parent(self, exchange: Exchange) -> None:
        parent, path = self.part.parent_of, self.part.parent
        if parent is None:
            return
        # The path's own variables may have other names than the parent's: they are equal by place.
        written = "/".join(self.operation.path.split("/")[: len(path.split("/"))])
        scope = scope_of(written, exchange.texts)
        own = scope.pop(place_of(path), "")
        found = self._things.find(parent, own, scope)
        if found is None or found.value is None:
            raise Refused(UNKNOWN, f"{parent.name} has no {own!r}")

    # What each role does.

    def _create(self, exchange: Exchange) -> MockReply:
        resource, template = self.part.resource, self.answers.template(exchange.accept, exchange.preferences, (201,))
        value = self._changes.made(exchange.validated.body)
        scope = scope_of(self.operation.path, exchange.texts)
        own = member_at(value, resource.id) if resource.id else None
        base = self.answers.base(template)
        if own is None or not isinstance(own, (str, int)):
            own = self._things.new_id(resource, member_at(base, resource.id) if resource.id else None)
        elif self._things.find(resource, str(own), scope) is not None:
            raise Refused(TAKEN, f"{resource.name} has {str(own)!r} already")
        return self._made(exchange, str(own), scope, with_id(value, resource.id, own), template)

    def _made(self, exchange: Exchange, own: str, scope: Scope, value: Any, template: Template) -> MockReply:
        """Keep a new thing, and show it."""
        resource = self.part.resource
        require_unique(self._things, resource, value, None)
        value = self._said_by_server(template, value, changed=False)
        thing = self._things.store.make(resource.name, own, scope, value)
        fields = location(exchange, self.part, thing, template.rendered.headers)
        reply = self._shown(exchange, thing, template, f"{resource.name} {own!r} was made", fields)
        # What the schema made of the id is how it is found again.
        shown = member_at(thing.value, resource.id) if resource.id else None
        if shown is not None and str(shown) != thing.id and not self._things.store.has_id(resource.name, str(shown)):
            self._things.store.rename(resource.name, thing, str(shown))
        return reply

    def _list(self, exchange: Exchange) -> MockReply:
        template = self.answers.template(exchange.accept, exchange.preferences)
        if self.part.shown is None or not template.shows:
            return self._plain(exchange)
        resource = self.part.resource
        found = self._things.things(resource, scope_of(self.operation.path, exchange.texts))
        kept = [Item(thing.id, thing.value) for thing in found]
        listing = self.part.listing
        if exchange.asked.isdisjoint({*listing.filters, *listing.search, listing.sort}):
            # Which ones are shown depends on their order alone: the others need no shape.
            page = page_of(kept, listing, exchange.query, exchange.asked)
            page = page._replace(items=self.answers.items(template, page.items))
        else:
            page = page_of(self.answers.items(template, kept), listing, exchange.query, exchange.asked)
        pager = Pager(exchange.request, listing, self._things.shaper.shapes)
        why = f"{len(page.items)} of {page.total} {resource.name}"
        return self.answers.page(template, page, pager, why)

    def _read(self, exchange: Exchange) -> MockReply:
        thing = self._thing(exchange)
        tag = tag_of(thing)
        known = exchange.request.headers.get("if-none-match", "")
        if known and "304" in self._documented and matches(known, tag):
            return MockReply(304, [(b"etag", tag.encode())], b"", f"{self._named(thing)} is the same")
        template = self.answers.template(exchange.accept, exchange.preferences, number=thing.number)
        return self._shown(exchange, thing, template, f"{self._named(thing)} of the state")

    def _replace(self, exchange: Exchange) -> MockReply:
        found = self._found(exchange)
        if (found is None or found.value is None) and self._may_make(exchange):
            return self._made_at_its_path(exchange)
        thing = self._thing(exchange)
        if exchange.request.headers.get("if-none-match", "").strip() == "*":
            raise Refused(CHANGED, f"{self._named(thing)} is there already")
        value = self._changes.replaced(thing.value, exchange.validated.body)
        return self._written(exchange, thing, value, f"{self._named(thing)} was replaced")

    def _may_make(self, exchange: Exchange) -> bool:
        return self.part.makes_unknown and not exchange.request.headers.get("if-match")

    def _made_at_its_path(self, exchange: Exchange) -> MockReply:
        own, scope = self._place(exchange)
        template = self.answers.template(exchange.accept, exchange.preferences, (201,))
        value = self._changes.made(exchange.validated.body)
        steps = self.part.resource.id
        shown = member_at(self.answers.base(template), steps) if steps else None
        value = with_id(value, steps, int(own) if isinstance(shown, int) and own.isdigit() else own)
        return self._made(exchange, own, scope, value, template)

    def _change(self, exchange: Exchange) -> MockReply:
        thing = self._thing(exchange)
        require_match(exchange, thing, self._documented)
        content_type = exchange.request.headers.get("content-type", "")
        try:
            value = self._changes.changed(thing.value, exchange.validated.body, content_type)
        except Unusable as error:
            raise Refused(MALFORMED, str(error)) from None
        except Conflict as error:
            raise Refused(IMPOSSIBLE, str(error)) from None
        if is_patch(content_type):
            self._require_valid(exchange, thing, value)
        return self._written(exchange, thing, value, f"{self._named(thing)} was changed")

    def _delete(self, exchange: Exchange) -> MockReply:
        thing, resource = self._thing(exchange), self.part.resource
        require_match(exchange, thing, self._documented)
        template = self.answers.template(exchange.accept, exchange.preferences)
        why = f"{self._named(thing)} was deleted"
        if self.part.shown is not None and template.shows:
            reply, _ = self.answers.thing(template, thing.value, why, [])
        else:
            reply = self._plain(exchange)._replace(why=why)
        if resource.is_assumed:
            if thing.number == 0:
                thing = self._things.store.make(resource.name, thing.id, thing.scope, None)
            self._things.store.write(resource.name, thing, None)
        else:
            self._things.store.remove(resource.name, thing)
        if self.part.item and not resource.singleton:
            self._things.store.remove_below(place_of(self.part.item), thing.id, thing.scope)
        return reply

    def _clear(self, exchange: Exchange) -> MockReply:
        resource = self.part.resource
        found = self._things.things(resource, scope_of(self.operation.path, exchange.texts))
        reply = self._plain(exchange)
        for thing in found:
            self._things.store.remove(resource.name, thing)
        return reply._replace(why=f"{len(found)} {resource.name} were deleted")

    # Parts of these.

    def _place(self, exchange: Exchange) -> tuple[str, Scope]:
        """The id in the path, and what the thing stands in."""
        scope = scope_of(self.operation.path, exchange.texts)
        if self.part.resource.singleton:
            return "", scope
        return scope.pop(place_of(self.operation.path.rstrip("/")), ""), scope

    def _found(self, exchange: Exchange) -> Thing | None:
        own, scope = self._place(exchange)
        return self._things.find(self.part.resource, own, scope)

    def _thing(self, exchange: Exchange) -> Thing:
        """The thing that the path names.

        Raises:
            Refused: there is none.
        """
        resource = self.part.resource
        found = self._found(exchange)
        own, scope = self._place(exchange)
        if found is None and resource.is_assumed:
            # Nothing was written of it yet: it is what the document shows, and has no number.
            return Thing(0, own, scope, self._things.assumed(resource, own, exchange.path), version=0)
        if found is None or found.value is None:
            raise Refused(UNKNOWN, f"{resource.name} has no {own!r}" if own else f"{resource.name} was deleted")
        return found

    def _written(self, exchange: Exchange, thing: Thing, value: Any, why: str) -> MockReply:
        """Give a thing another value, and show it."""
        resource = self.part.resource
        require_match(exchange, thing, self._documented)
        kept = member_at(thing.value, resource.id) if resource.id else None
        if kept is not None:
            value = with_id(value, resource.id, kept)
        require_unique(self._things, resource, value, thing)
        template = self.answers.template(exchange.accept, exchange.preferences, number=thing.number)
        value = self._said_by_server(template, value, changed=True)
        if thing.number == 0:
            thing = self._things.store.make(resource.name, thing.id, thing.scope, value)
        else:
            self._things.store.write(resource.name, thing, value)
        return self._shown(exchange, thing, template, why)

    def _require_valid(self, exchange: Exchange, thing: Thing, value: Any) -> None:
        """Refuse a patch that makes of a valid thing one that breaks its schema."""
        if isinstance(thing.value, Mapping) and not isinstance(value, Mapping):
            raise Refused(MALFORMED, "the patch leaves no object")
        template = self.answers.template(exchange.accept, exchange.preferences)
        broken = self.answers.broken(template, value)
        if broken and not self.answers.broken(template, thing.value):
            reasons = "; ".join(f"{one.pointer}: {one.message}" for one in broken[:3])
            raise Refused(MALFORMED, f"after the patch: {reasons}")

    def _said_by_server(self, template: Template, value: Any, *, changed: bool) -> Any:
        """The value with the times and UUIDs that are the server's to say."""
        base = self.answers.base(template)
        if not isinstance(value, Mapping) or not isinstance(base, Mapping):
            return value
        schema = self.answers.thing_schema(template)
        return self._things.said_by_server(self.part.resource, schema, base, value, changed=changed)

    def _shown(
        self, exchange: Exchange, thing: Thing, template: Template, why: str, fields: Headers | None = None
    ) -> MockReply:
        """The answer with the thing; what it shows that was not kept yet is kept from now on."""
        tagged = [*(fields or []), (b"etag", tag_of(thing).encode())]
        if self.part.shown is None or not template.shows:
            plain = self._plain(exchange)
            if plain.status != template.selection.status:
                return self.answers.thing(template, None, why, tagged)[0]
            names = {name for name, _ in tagged}
            return plain._replace(headers=[item for item in plain.headers if item[0] not in names] + tagged, why=why)
        reply, shown = self.answers.thing(template, thing.value, why, tagged)
        if thing.number and isinstance(shown, Mapping) and isinstance(thing.value, Mapping):
            more = {name: one for name, one in shown.items() if name not in thing.value}
            if more:
                self._things.store.write(self.part.resource.name, thing, {**thing.value, **more}, quietly=True)
        return reply

    def _named(self, thing: Thing) -> str:
        return f"{self.part.resource.name} {thing.id!r}" if thing.id else self.part.resource.name
