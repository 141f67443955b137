"""Where the event stream goes besides the terminal: to OpenTelemetry, when its own variables ask for it."""

from __future__ import annotations

from collections.abc import Mapping

from proctor.errors import SettingsError
from proctor.workflow.events import EventSink

_ASKING = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def trace_sinks(environment: Mapping[str, str]) -> list[EventSink]:
    """A sink that exports spans when an endpoint is set; nothing is loaded when none is."""
    if not any(environment.get(name) for name in _ASKING):
        return []
    try:
        from proctor.workflow.tracing import exporting_sink

        return [exporting_sink()]
    except ImportError as error:
        raise SettingsError(
            f"{_ASKING[0]} is set, but spans cannot be exported: {error}",
            hint="install proctor[otel], or unset the variable",
            slug="otel-missing",
        ) from None
