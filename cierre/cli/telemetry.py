"""Whether there are traces, and of which kind: the variables that OpenTelemetry has for it."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import gettext as _

import click

_EXPORTERS = ("otlp", "console")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def traces(environment: Mapping[str, str]) -> str | None:
    """Where traces go: `otlp` or `console`; None: nowhere.

    They are off until `OTEL_TRACES_EXPORTER` or an endpoint is set.

    Raises:
        click.UsageError: the variables ask for what there is not.
    """
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    default = "otlp" if any(environment.get(name) for name in _ENDPOINTS) else "none"
    exporter = environment.get("OTEL_TRACES_EXPORTER") or default
    if exporter == "none":
        return None
    if exporter not in _EXPORTERS:
        raise click.UsageError(
            _("OTEL_TRACES_EXPORTER={exporter} is not known: write otlp, console or none").format(exporter=exporter)
        )
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "http/protobuf")
    if exporter == "otlp" and protocol != "http/protobuf":
        raise click.UsageError(
            _("OTLP by {protocol} is not supported: write OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf").format(
                protocol=protocol
            )
        )
    return exporter
