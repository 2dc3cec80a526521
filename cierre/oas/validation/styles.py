"""The styles of RFC 6570 that OpenAPI names, undone: text of a parameter → text, list or dictionary of texts.

One function for each place and style; what comes back still holds text only, `shapes.TextReader` gives it types.
"""

from __future__ import annotations

from collections.abc import Callable

from cierre.oas.validation.query import Fields, ParsedFields, read_brackets

Raw = str | list[str] | dict[str, str]
Shape = str  # "primitive", "array" or "object"


def simple(text: str, shape: Shape, *, explode: bool) -> Raw:
    """`a,b` and `k,v` or `k=v`: paths and headers."""
    if shape == "array":
        return [item.strip() for item in text.split(",")] if text else []
    if shape == "object":
        return _object(text, ",", explode=explode)
    return text


def label(text: str, shape: Shape, *, explode: bool) -> Raw:
    """`.a.b`: paths."""
    text = text.removeprefix(".")
    separator = "." if explode else ","
    if shape == "array":
        # Written with commas or with dots: both are about.
        return text.split("," if "," in text else ".") if text else []
    if shape == "object":
        return _object(text, separator, explode=explode)
    return text


def matrix(text: str, shape: Shape, *, explode: bool) -> Raw:
    """`;name=a,b` and, exploded, `;name=a;name=b`: paths."""
    pairs = [piece.partition("=")[::2] for piece in text.removeprefix(";").split(";") if piece]
    if shape == "array":
        return [value for _, value in pairs] if explode else pairs[0][1].split(",") if pairs else []
    if shape == "object":
        return dict(pairs) if explode else _object(pairs[0][1] if pairs else "", ",", explode=False)
    return pairs[0][1] if pairs else ""


def _object(text: str, separator: str, *, explode: bool) -> dict[str, str]:
    pieces = text.split(separator) if text else []
    if explode:
        return {name: value for name, _, value in (piece.partition("=") for piece in pieces)}
    return dict(zip(pieces[::2], pieces[1::2], strict=False))


def misses_prefix(text: str, style: str, name: str, shape: Shape, *, explode: bool) -> str | None:
    """What a path parameter of style label or matrix begins with and this text does not; None where it does."""
    if style == "label":
        return None if text.startswith(".") else "."
    if style != "matrix":
        return None
    if shape == "object" and explode:
        return None if text.startswith(";") else ";"
    # An empty value may be written without its equals sign (RFC 6570, section 3.2.7).
    return None if text.startswith(f";{name}=") or text == f";{name}" else f";{name}="


PATH_STYLES: dict[str, Callable[..., Raw]] = {"simple": simple, "label": label, "matrix": matrix}
DELIMITERS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


def form(fields: Fields, name: str, shape: Shape, *, style: str, explode: bool, known: frozenset[str]) -> Raw | None:
    """A query parameter or a form field, in any style; None where it was not sent.

    `fields` is the whole query; `known` are the properties of an exploded object, which
    stand in the query under their own names.
    """
    if style == "deepObject" or (shape != "primitive" and name not in fields):
        nested = read_brackets(fields, name)
        if nested is not None:
            return nested
    if shape == "object" and explode and style == "form":
        return {key: fields[key][0] for key in fields if key in known} or None
    values = fields.get(name)
    if (
        isinstance(fields, ParsedFields)
        and name in fields.pieces
        and (shape, style, explode) == ("array", "form", False)
    ):
        return fields.pieces[name]
    return None if values is None else _split(values, shape, style=style, explode=explode)


def _split(values: list[str], shape: Shape, *, style: str, explode: bool) -> Raw:
    if shape == "primitive":
        return values[0] if len(values) == 1 else values
    delimiter = DELIMITERS.get(style, ",")
    if shape == "object":
        return _object(values[0], delimiter, explode=False)
    return values if explode or len(values) > 1 else values[0].split(delimiter)
