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
from typing import TYPE_CHECKING

import pytest

from cierre.extras import named_when_missing

if TYPE_CHECKING:
    from cierre.contract_tests.findings import Report

Holds = Callable[..., "Report"]


@pytest.fixture
def cierre_contract() -> Holds:
    """Call it with a URL: the test fails where the server breaks the contract. See `hold`."""
    return hold


def hold(
    url: str,
    *,
    spec: str | os.PathLike[str] | None = None,
    auth: str | os.PathLike[str] | None = None,
    dialect: str | None = None,
    examples: int = 50,
    seed: int = 0,
    operations: str | None = None,
    patience: float = 5.0,
    fail_fast: bool = False,
    limits: bool = False,
    phases: tuple[str, ...] | None = None,
    other_auth: str | os.PathLike[str] | None = None,
    security: bool = False,
    without: tuple[str, ...] = (),
) -> Report:
    """Test the server at `url`.

    Args:
        spec: an OpenAPI document: a file, or an address of http or https; Cierre's own contract without it.
        auth: the authentication file for `spec`.
        dialect: the view of Cierre's own contract; None is all of it.
        examples: fuzzed cases an operation.
        seed: the same seed gives the same requests.
        operations: a pattern for `METHOD /path`, path or operationId; None is all of them.
        patience: seconds that a client waits for an answer.
        fail_fast: end at the first finding.
        limits: the server limits requests: go on after a 429, and spend its quotas on purpose at the end.
        phases: names of the phases to run; None is all of them.
        other_auth: the authentication file of a second user, to whom nothing of the first belongs.
        security: try what a client must not; for a server whose data may change.
        without: patterns for names of checks that report nothing.

    Returns:
        the report of a run without findings.

    Raises:
        Failed: pytest's; the contract is broken, or a part could not be tested: the message has every finding with a
            curl that shows it.
        CouldNotRun: the tests could not run at all.
        ExtraNotInstalled: they need what `pip install 'cierre[contract]'` brings.
    """
    __tracebackhide__ = True
    with named_when_missing():
        from cierre.contract_tests.listening import Quiet  # noqa: PLC0415 - the same
        from cierre.contract_tests.plan import plan  # noqa: PLC0415 - see the module's docstring
        from cierre.contract_tests.report.text import finding_text  # noqa: PLC0415 - the same
        from cierre.contract_tests.run import Options  # noqa: PLC0415 - the same
        from cierre.contract_tests.selection import select_contract  # noqa: PLC0415 - the same

    contract = select_contract(
        spec=None if spec is None else os.fspath(spec),
        auth_file=None if auth is None else Path(auth),
        other_auth_file=None if other_auth is None else Path(other_auth),
        dialect=dialect,
    )
    options = Options(
        url=url,
        examples=examples,
        seed=seed,
        operations=operations,
        patience=patience,
        fail_fast=fail_fast,
        limits=limits,
        phases=phases,
        security=security,
        without=without,
    )
    task = plan(contract, options)
    report = task.run(Quiet())
    problems = [
        f"{number}. {finding.operation}: {finding.title}\n\n{finding_text(finding, task.secrets)}"
        for number, finding in enumerate(report.findings, 1)
    ]
    if problems or report.errors:
        pytest.fail("\n\n".join([f"the contract of {url} is broken", *problems, *report.errors]), pytrace=False)
    return report
