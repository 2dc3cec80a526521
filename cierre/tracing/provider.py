"""Where spans go: what the `OTEL_…` variables say, as OpenTelemetry's SDK reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

from cierre.clock import boottime

# Seconds for what is left at the end.
_PATIENCE = 5.0


class Tracing:
    """The spans of one process.

    Args:
        exporter: `otlp` (OTLP over HTTP) or `console`. Where to, which share of the requests and how many at once is
            what `OTEL_EXPORTER_OTLP_…`, `OTEL_TRACES_SAMPLER` and `OTEL_BSP_…` say.
    """

    def __init__(self, exporter: str) -> None:
        resource = Resource.create({"service.version": version("cierre")})
        if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
            resource = resource.merge(Resource({"service.name": "cierre"}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(_exporter(exporter)))
        self.tracer = self._provider.get_tracer("cierre", version("cierre"))

    def stop(self) -> None:
        """Send what is left; it blocks for seconds at the most, where nobody takes it."""
        begun = boottime()
        self._provider.force_flush(int(_PATIENCE * 1000))
        if boottime() - begun < _PATIENCE:
            self._provider.shutdown()

    @contextmanager
    def span(
        self,
        name: str,
        kind: trace.SpanKind,
        carrier: dict[str, str] | None = None,
        links: Sequence[trace.Link] = (),
    ) -> Iterator[trace.Span]:
        """A span around the block; it has failed where the block raises.

        Args:
            carrier: header fields with the context of whoever asks (W3C Trace Context); None: of this process.
            links: to spans that caused it together.
        """
        context = None if carrier is None else propagate.extract(carrier)
        with self.tracer.start_as_current_span(name, context=context, kind=kind, links=links) as span:
            yield span

    @contextmanager
    def delivering(
        self, kind: str, receiver: str, host: str, *, attempt: int, traceparent: str | None
    ) -> Iterator[dict[str, str]]:
        """A span around one attempt to deliver a signal, below the span of the request that closed the session.

        Args:
            host: of the receiver's URL; its path and query are not told.
            traceparent: of that request; None: it had no span, and the delivery begins a trace.

        Yields:
            The header fields that tell the receiver of the span.
        """
        with self.span(f"deliver {kind}", trace.SpanKind.CLIENT, _carrier(traceparent)) as span:
            attributes: dict[str, str | int] = {
                "cierre.receiver": receiver,
                "server.address": host,
                "cierre.attempt": attempt,
            }
            span.set_attributes(attributes)
            yield self.traceparent()

    @contextmanager
    def publishing(self, system: str, topic: str, traceparents: Sequence[str | None]) -> Iterator[None]:
        """A span around the publishing of a batch of events; it links to the spans of the requests that caused them.

        Args:
            system: of the message queue, as OpenTelemetry names it.
            traceparents: of each event's request; None: it had no span.
        """
        links = [trace.Link(context) for one in dict.fromkeys(traceparents) if (context := _context(one)).is_valid]
        with self.span(f"publish {topic}", trace.SpanKind.PRODUCER, {}, links) as span:
            span.set_attribute("messaging.system", system)
            span.set_attribute("messaging.operation.type", "send")
            span.set_attribute("messaging.destination.name", topic)
            span.set_attribute("messaging.batch.message_count", len(traceparents))
            yield

    @staticmethod
    def traceparent() -> dict[str, str]:
        """The header fields that tell the context of the current span to whoever is asked next."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        return carrier


def _carrier(traceparent: str | None) -> dict[str, str]:
    return {} if traceparent is None else {"traceparent": traceparent}


def _context(traceparent: str | None) -> trace.SpanContext:
    return trace.get_current_span(propagate.extract(_carrier(traceparent))).get_span_context()


def add_ids(_logger: Any, _method: str, event: Any) -> Any:
    """A processor of structlog: a line within a span names it, and its trace as `X-Trace-Id` does."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        text = trace.format_trace_id(context.trace_id)
        event.setdefault("trace_id", "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])))
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _exporter(name: str) -> SpanExporter:
    if name == "console":
        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - it takes a while

    return OTLPSpanExporter()
