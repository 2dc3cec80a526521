"""The document as schemathesis reads it: with the options of the run, its credentials and its negotiation."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.auth.presenting import credentials_for
from cierre.contract_tests.exchanges import exchange
from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.negotiation import negotiate
from cierre.contract_tests.resources.passwords import KeepingTransport
from cierre.contract_tests.run import GENERATED, Run
from cierre.contract_tests.transport import ListeningTransport
from cierre.contract_tests.unspoken import leave_out_unspoken
from cierre.oas.navigation import Json
from cierre.oas.references import resolved
from cierre.oas.structure import operations
from cierre.oas.validation.parameters import IGNORED_HEADERS
from cierre.phrases import Phrase

# From so many fuzzed cases on, each example of the contract is sent in each form as well.
THOROUGH = 50


def load_schema(run: Run) -> OpenApiSchema:
    """The selected operations of the contract, ready for every phase.

    Raises:
        CouldNotRun: no operation is selected, or the document is not usable.
    """
    if not run.operations:
        raise CouldNotRun(Phrase("no operation of the contract matches {pattern!r}", pattern=run.options.operations))
    try:
        # A copy: schemathesis writes the links that it infers into the document.
        schema = schemathesis.openapi.from_dict(_read(run.document), config=_config(run))
        schema = _listening(schema, KeepingTransport(run))
        wanted = {operation.label for operation in run.operations}
        selected = cast("OpenApiSchema", schema.include(lambda context: context.operation.label in wanted))
    except Exception as problem:
        raise CouldNotRun(Phrase("the document is no usable contract: {problem}", problem=problem)) from problem
    _present_credentials(run, selected)
    leave_out_unspoken(run, selected)
    negotiate(selected, run.document, thorough=run.options.examples >= THOROUGH)
    return selected


def _read(document: Json) -> Json:
    """A copy without header parameters that are ignored, as other keywords describe them (OpenAPI 3.0.3, 4.7.12.1)."""
    document = deepcopy(document)
    for operation in operations(document):
        for holder in (operation.path_item, operation.node):
            listed = holder.get("parameters")
            if isinstance(listed, list):
                holder["parameters"] = [one for one in listed if not _is_ignored(resolved(document, one))]
    return document


def _is_ignored(parameter: Any) -> bool:
    is_header = isinstance(parameter, dict) and parameter.get("in") == "header"
    return is_header and str(parameter.get("name")).lower() in IGNORED_HEADERS


def _listening(schema: OpenApiSchema, transport: ListeningTransport) -> OpenApiSchema:
    """The schema, and every copy that schemathesis makes of it, with a transport of ours."""

    class Listening(OpenApiSchema):
        @property
        def transport(self) -> ListeningTransport:
            return transport

    return Listening(schema.raw_schema, config=schema.config, location=schema.location)


def _config(run: Run) -> SchemathesisConfig:
    options, rejections = run.options, list(run.contract.rejections)
    return SchemathesisConfig.from_dict(
        {
            "seed": options.seed,
            "workers": options.workers,
            "base-url": options.url.rstrip("/"),
            "headers": run.contract.headers,
            "suppress-health-check": ["all"],
            "request-timeout": options.patience * 2,
            "max-redirects": 0,
            **({"max-failures": 1} if options.fail_fast else {}),
            "generation": {"max-examples": options.examples, "database": "none"},
            "checks": {
                "max_response_time": options.patience,
                **({"negative_data_rejection": {"expected-statuses": rejections}} if rejections else {}),
            },
            "cache": {"enabled": False},
            "output": {"sanitization": {"enabled": False}},
            "phases": {
                **{name: {"enabled": options.includes(name)} for name in GENERATED},
                # A sequence of requests counts as several cases.
                "stateful": {
                    "enabled": options.includes("stateful"),
                    "max-steps": 6,
                    "generation": {"max-examples": max(1, options.examples // 5)},
                },
            },
        }
    )


def _present_credentials(run: Run, schema: OpenApiSchema) -> None:
    """Send credentials with the operations that want them, and drop a session that may have ended."""
    for operation in run.operations:
        credentials = credentials_for(run.document, operation, run.contract.entries, run.logins)
        if credentials is not None:
            schema.auth.set_from_requests(credentials).apply_to(name=operation.label)

    def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
        acted = case.method.upper() not in {"GET", "HEAD", "OPTIONS"} and response.status_code < 400
        keeps = str(case.operation.definition.raw.get("operationId")) in run.contract.keep_session
        if (acted and not keeps) or response.status_code == 401:
            sent = exchange(response, operation="", phase="", started=0)
            run.logins.expire(run.secrets.used_in(sent.credentials))

    schema.hook(after_call)
