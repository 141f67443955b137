"""Who does a task. Every agent satisfies `proctor.workflow.protocols.Agent` and passes the same contract tests."""
