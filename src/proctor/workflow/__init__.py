"""The workflow engine: plans, tasks, attempts, the journal and the budget. It knows nothing of tests or of pytest."""
