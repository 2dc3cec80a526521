"""A mock server for any OpenAPI document. It needs neither Connexion nor the service.

from cierre.mocks import mock_app
app = mock_app("openapi.yaml")   # an ASGI application, for httpx.ASGITransport or any server
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cierre.mocks.app import MockApp
    from cierre.oas.document import Document

__all__ = ["mock_app"]


def mock_app(
    spec: str | Path | Mapping[str, Any] | Document | None = None,
    *,
    stateful: bool = False,
    data: Path | None = None,
    state: Path | None = None,
    state_model: Path | None = None,
    scenarios: Sequence[str | Path] = (),
    examples: Sequence[str | Path] = (),
    **options: Any,
) -> MockApp:
    """A mock of an OpenAPI document as an ASGI application.

    Args:
        spec: a file, an address of http or https, or a document that is loaded; by default Cierre's own contract.
        stateful: keep what is made, changed and deleted.
        data: what it begins with then, as `--data` takes it.
        state: the SQLite file that keeps it then between runs.
        state_model: a file that corrects then what the document is taken to keep.
        scenarios: files with flows of more than one request; they need `cierre[scenarios]`.
        examples: overlays and HAR files with further examples; they need `cierre[scenarios]`, too.
        options: fields of `cierre.mocks.options.MockOptions`: `dynamic`, `seed`, `validate`, `security`, `token`, …

    Raises:
        cierre.oas.errors.BrokenDocument: it, its data or a scenario cannot be used; every problem has its place.
        OSError: the SQLite file cannot be used.
        TypeError: there is no such option.
    """
    from cierre.mocks.app import MockApp  # noqa: PLC0415 - pytest imports this package in every run, for the fixture
    from cierre.mocks.loading import load  # noqa: PLC0415
    from cierre.mocks.options import MockOptions  # noqa: PLC0415
    from cierre.oas.document import Document  # noqa: PLC0415

    if spec is None:
        from cierre.mocks.contract import load_contract  # noqa: PLC0415

        document = load_contract()
    else:
        document = spec if isinstance(spec, Document) else load(spec)
    if examples:
        from cierre.mocks.example_files import with_examples  # noqa: PLC0415 - most mocks have the document's alone

        document = with_examples(document, [Path(file) for file in examples])
    answers = MockOptions(**options)
    kept = None
    if stateful:
        from cierre.mocks.state.stateful import Stateful  # noqa: PLC0415 - a mock without state pays nothing for it

        kept = Stateful(document, answers, file=state, data=data, corrections=state_model)
    flows = None
    if scenarios:
        from cierre.mocks.console.scenarios import open_scenarios  # noqa: PLC0415 - nor for scenarios

        flows = open_scenarios(scenarios, document, answers, kept)
    return MockApp(document, answers, state=kept, scenarios=flows)
