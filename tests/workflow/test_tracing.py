"""The event stream as spans: what lies inside what, and which of them failed."""

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from workflow_doubles import Workshop, phase, plan_of

from proctor.agents.scripted import ScriptedAgent
from proctor.workflow.records import Reply, Usage
from proctor.workflow.tracing import SpanSink


def spans_of(workshop: Workshop) -> dict[str, ReadableSpan]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    sink = SpanSink(provider.get_tracer("test"))
    for event in workshop.events:
        sink(event)
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_run_its_phases_and_its_tasks_are_spans_inside_each_other(workshop: Workshop) -> None:
    agent = ScriptedAgent({"a": [Reply({}, Usage(7), ("reading",))], "b": [RuntimeError("boom")]})
    workshop.run(plan_of(phase("p", "a", "b")), agent)

    spans = spans_of(workshop)

    above = {name: span.parent and span.parent.span_id for name, span in spans.items()}
    run, of_phase = spans["workflow run"].context, spans["phase p"].context
    assert run is not None
    assert of_phase is not None
    assert above == {
        "workflow run": None,
        "phase p": run.span_id,
        "task a": of_phase.span_id,
        "task b": of_phase.span_id,
    }
    assert {name: span.status.is_ok for name, span in spans.items()} == {
        "workflow run": False,
        "phase p": True,
        "task a": True,
        "task b": False,
    }
    assert (spans["task a"].attributes or {})["gen_ai.usage.total_tokens"] == 7
    assert [event.name for event in spans["task a"].events] == ["log", "attempt"]
