"""What is wanted of a run: the only place where the engine and the tools for tests meet."""
