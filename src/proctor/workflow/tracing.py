"""The event stream as OpenTelemetry spans: a run, its phases and its tasks, for whoever collects traces already."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode, Tracer

from proctor.workflow.events import Event

_NANOSECONDS = 1_000_000_000


def exporting_sink() -> SpanSink:
    """Return a sink whose spans go to the endpoint that the variables of OpenTelemetry name."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # the provider flushes what it holds when the interpreter exits
    provider = TracerProvider(resource=Resource.create({"service.name": "proctor"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return SpanSink(provider.get_tracer("proctor"))


class SpanSink:
    """An event sink that opens a span when something starts and closes it when that ends."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._open: dict[str, Span] = {}

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        match event.kind:
            case "run-started":
                self._begin("run", f"workflow {event.run_id}", event, None)
            case "phase-started":
                self._begin(f"phase {event.phase}", f"phase {event.phase}", event, "run")
            case "task-started":
                self._begin(f"task {event.task_id}", f"task {event.task_id}", event, self._above(event))
            case "attempt" | "waiting" | "log":
                self._note(event)
            case "task-ended":
                self._end(f"task {event.task_id}", event)
            case "phase-ended":
                self._end(f"phase {event.phase}", event)
            case "run-ended":
                self._end("run", event)

    def _above(self, event: Event) -> str:
        phase = f"phase {event.phase}"
        return phase if phase in self._open else "run"

    def _begin(self, key: str, name: str, event: Event, above: str | None) -> None:
        parent = self._open.get(above or "")
        context = None if parent is None else trace.set_span_in_context(parent)
        attributes = {"workflow.run_id": event.run_id, "workflow.phase": event.phase or ""}
        start = int(event.at * _NANOSECONDS)
        self._open[key] = self._tracer.start_span(name, context=context, attributes=attributes, start_time=start)

    def _note(self, event: Event) -> None:
        span = self._open.get(f"task {event.task_id}") or self._open.get("run")
        if span is not None:
            span.add_event(event.kind, {"text": event.text}, timestamp=int(event.at * _NANOSECONDS))

    def _end(self, key: str, event: Event) -> None:
        span = self._open.pop(key, None)
        if span is None:
            return
        usage = event.data.get("usage")
        if isinstance(usage, dict):
            span.set_attribute("gen_ai.usage.total_tokens", int(usage["tokens"]))
        if str(event.data.get("status", "")) in ("failed", "skipped", "partial"):
            span.set_status(Status(StatusCode.ERROR, event.text))
        span.end(end_time=int(event.at * _NANOSECONDS))
