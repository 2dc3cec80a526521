"""The contract as a running service publishes it: its own address, and in the demo what to begin with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cierre import oas
from cierre.oas.translating import Language, contract_texts, translated

Json = dict[str, Any]
_JSON = "application/json"
_SERVER = "This service, {address}"


def published(document: Json, *, address: str, filled_in: bool, language: Language = "en") -> Json:
    """A copy of the contract for clients of this service.

    Args:
        document: the contract, as the service reads it.
        address: the public URL of the service. Servers other than it are left out: nobody's token goes there.
        filled_in: the schemas of request bodies have the first example as their own. Swagger UI fills in that one, and
            the named ones only after a choice.
        language: of its summaries and descriptions.
    """
    texts = contract_texts(language)
    copy = translated(oas.bundle(document, published=True), texts)
    copy["servers"] = [{"url": "/", "description": texts.get(_SERVER, _SERVER).format(address=address)}]
    if filled_in:
        for media in _json_bodies(copy):
            _fill_in(media)
    return copy


def _json_bodies(document: Json) -> Iterator[Json]:
    for path_item in document["paths"].values():
        for operation in path_item.values():
            if isinstance(operation, dict) and _JSON in operation.get("requestBody", {}).get("content", {}):
                yield operation["requestBody"]["content"][_JSON]


def _fill_in(media: Json) -> None:
    first: Json = next(iter(media.get("examples", {}).values()), {})
    if "value" in first:
        # Beside a $ref nothing counts in OpenAPI 3.0.
        media["schema"] = {"allOf": [media["schema"]], "example": first["value"]}
