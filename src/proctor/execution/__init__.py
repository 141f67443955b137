"""Runs the project's code and its tests in child processes of the project's own interpreter, on a scratch copy."""
