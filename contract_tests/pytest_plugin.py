"""A fixture for anybody's tests: `cierre_contract` holds a running server to its contract.

```python
def test_the_contract_holds(cierre_contract, live_server):
    cierre_contract(live_server.url, spec="openapi.yaml", auth="auth.yaml", examples=30)
```

Loaded with every run of pytest where Cierre is installed: it imports nothing until the fixture is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cierre.extras import named_when_missing

if TYPE_CHECKING:
    from cierre.contract_tests.findings import Report

Holds = Callable[..., "Report"]


@pytest.fixture
def cierre_contract() -> Holds:
    """Call it with a URL, and the test fails where the server breaks the contract."""
    return hold


def hold(
    url: str, *, spec: str | os.PathLike[str] | None = None, auth: str | os.PathLike[str] | None = None, **options: Any
) -> Report:
    """Test the server at `url`.

    Args:
        spec: an OpenAPI document; our own contract without it.
        auth: the authentication file for `spec`.
        options: as of `cierre contract`: examples, seed, operations, patience, fail_fast, dialect.

    Raises:
        AssertionError: the contract is broken; the message holds every finding with a curl that shows it.
        CouldNotRun: the tests could not run.
        ExtraNotInstalled: they need what `pip install 'cierre[contract]'` brings.
    """
    __tracebackhide__ = True
    with named_when_missing():
        from cierre.contract_tests.plan import DEMO, plan  # noqa: PLC0415 - see the module's docstring
        from cierre.contract_tests.report.machine import text  # noqa: PLC0415 - the same
        from cierre.contract_tests.runner import Quiet  # noqa: PLC0415 - the same

    task = plan(
        url=url,
        spec=None if spec is None else Path(spec),
        auth_file=None if auth is None else Path(auth),
        dialect=options.pop("dialect", None),
        users=DEMO,
        **options,
    )
    report = task.run(Quiet())
    problems = [
        f"{number}. {finding.operation}: {finding.title}\n\n{task.secrets.hide(text(finding))}"
        for number, finding in enumerate(report.findings, 1)
    ]
    if problems or report.errors:
        pytest.fail("\n\n".join([f"the contract of {url} is broken", *problems, *report.errors]), pytrace=False)
    return report
