"""A mock server for any OpenAPI document. It needs neither Connexion nor the service.

from cierre.mocks import mock_app
app = mock_app("openapi.yaml")   # an ASGI application, for httpx.ASGITransport or any server
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cierre.mocks.app import MockApp

__all__ = ["mock_app"]


def mock_app(spec: str | Path | Mapping[str, Any] | None = None, **options: Any) -> MockApp:
    """A mock of an OpenAPI document as an ASGI application.

    Args:
        spec: a file, or a document that is loaded already; Cierre's own contract where it is None.
        options: fields of `cierre.mocks.options.MockOptions`: `dynamic`, `seed`, `validate`, `security`, `token`, …

    Raises:
        cierre.mocks.documents.BrokenDocument: it cannot be served; every problem has its file and pointer.
        TypeError: there is no such option.
    """
    from cierre.mocks.app import MockApp  # noqa: PLC0415 - pytest imports this package in every run, for the fixture
    from cierre.mocks.documents import Document  # noqa: PLC0415
    from cierre.mocks.identifiers import make_local  # noqa: PLC0415
    from cierre.mocks.loading import load  # noqa: PLC0415
    from cierre.mocks.options import MockOptions  # noqa: PLC0415

    if spec is None:
        from cierre.mocks.contract import load_contract  # noqa: PLC0415

        document = load_contract()
    elif isinstance(spec, Mapping):
        spec = deepcopy(spec)
        make_local(spec)
        document = Document(spec)
    else:
        document = load(Path(spec))
    return MockApp(document, MockOptions(**options))
