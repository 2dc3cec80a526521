"""The examples that a document gives, and which of them fits a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cierre.oas.document import Document
from cierre.oas.validation import MalformedBody, decode_json

UNNAMED = ""
_NOTHING: Final = object()


def examples_of(document: Document, node: Any, *, as_text: bool = False) -> dict[str, Any]:
    """The examples that a media type, parameter or header object gives, by name.

    Args:
        document: that references are resolved in.
        node: the object as written.
        as_text: of a media type that is not JSON: `serializedValue`, which is sent as it is, goes before the value.

    Returns:
        Name → value; a single `example` has the name "".
    """
    holder = document.mapping(node)
    found: dict[str, Any] = {}
    named = document.resolve(holder.get("examples"))
    if isinstance(named, Mapping):
        for name, written in named.items():
            example = document.resolve(written)
            if isinstance(example, Mapping):
                shown = _shown(example, as_text=as_text)
                if shown is not _NOTHING:
                    found[str(name)] = shown
            elif example is not None:
                found[str(name)] = example
    elif isinstance(named, list):
        found |= {f"example{index}": value for index, value in enumerate(named, 1)}
    if not found and "example" in holder:
        found[UNNAMED] = holder["example"]
    return found


def _shown(example: Mapping[str, Any], *, as_text: bool) -> Any:
    """What an example object shows; nothing where it stands in a file that was not read (`externalValue`).

    3.2 has `dataValue`, and `serializedValue`: the text as it is sent.
    """
    text = example.get("serializedValue")
    if isinstance(text, str) and as_text:
        return text
    for name in ("value", "dataValue"):
        if name in example:
            return example[name]
    if not isinstance(text, str):
        return _NOTHING
    try:
        return decode_json(text.encode())
    except MalformedBody:
        return text


def situations_of(document: Document, response: Mapping[str, Any]) -> list[str]:
    """What `x-cierre-situations` lists: the names that a response without a body has instead of examples."""
    listed = document.resolve(response.get("x-cierre-situations"))
    return [str(name) for name in listed] if isinstance(listed, list) else []


class RequestExamples:
    """The named examples of an operation's parameters and body, to recognise a request by.

    Args:
        document: that references are resolved in.
        parameters: the operation's parameter objects.
        request_body: its request body object, None where it has none.
    """

    def __init__(self, document: Document, parameters: list[Mapping[str, Any]], request_body: Any) -> None:
        self._parameters: dict[tuple[str, str], dict[str, Any]] = {}
        for node in parameters:
            found = examples_of(document, node)
            found.pop(UNNAMED, None)
            if found:
                self._parameters[str(node["in"]), str(node["name"])] = found
        self._bodies: list[dict[str, Any]] = []
        for media in document.mapping(document.mapping(request_body).get("content")).values():
            found = examples_of(document, media)
            found.pop(UNNAMED, None)
            if found:
                self._bodies.append(found)
        self.any = bool(self._parameters or self._bodies)

    def matching(self, parameters: Mapping[Any, Mapping[str, Any]], body: Any) -> list[str]:
        """Names of which every example equals what was sent, those with the most examples first.

        Args:
            parameters: what was sent: `in` → name → value.
            body: what was sent, decoded; None for no body.
        """
        scores: dict[str, int] = {}
        refuted: set[str] = set()
        for (place, name), examples in self._parameters.items():
            sent = parameters.get(place, {}).get(name)
            for key, value in examples.items():
                if sent == value or (sent is not None and str(sent) == str(value)):
                    scores[key] = scores.get(key, 0) + 1
                else:
                    refuted.add(key)
        for examples in self._bodies:
            for key, value in examples.items():
                if body is not None and body == value:
                    scores[key] = scores.get(key, 0) + 10
                elif value is not None:
                    refuted.add(key)
        return sorted((key for key in scores if key not in refuted), key=lambda key: -scores[key])


def by_value(examples: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """The name of the one example that has more members equal to the request's parameters than all others.

    A parameter `userId` is compared with a member of that name, and any `…id` with a member `id`.

    Args:
        examples: name → value.
        wanted: the request's parameters: name → text.

    Returns:
        The name; None where no example is better than the others.
    """
    if len(examples) < 2 or not wanted:
        return None
    scores = {name: _equal_members(value, wanted) for name, value in examples.items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0 and list(scores.values()).count(scores[best]) == 1 else None


def _equal_members(value: Any, wanted: Mapping[str, Any]) -> int:
    value = _resource(value)
    if not isinstance(value, Mapping):
        return 0
    return sum(str(value.get(member_for(name, value))) == str(sent) for name, sent in wanted.items())


def _resource(value: Any) -> Any:
    """What the member `data` holds, where an object has that; otherwise the value itself."""
    if isinstance(value, Mapping) and isinstance(value.get("data"), Mapping):
        return value["data"]
    return value


def member_for(parameter: str, value: Mapping[str, Any]) -> str:
    """The member that a parameter names: the one of its name, or `id` for a parameter that ends in `id`."""
    if parameter in value:
        return parameter
    return "id" if parameter.lower().endswith("id") and "id" in value else parameter
