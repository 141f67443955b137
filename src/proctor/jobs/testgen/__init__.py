"""The flagship job: tests for a codebase that has none."""
