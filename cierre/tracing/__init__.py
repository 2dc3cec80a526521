"""Traces, by OpenTelemetry: a span a request and a statement. Nothing of this is imported where traces are off."""
