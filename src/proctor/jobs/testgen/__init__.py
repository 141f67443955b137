"""The job of writing a pytest suite: from a request to a plan, its tasks, and what counts as done."""
