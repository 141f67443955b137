"""Proctor: dynamic workflows for Python whose flagship job is the pytest suite a codebase never had."""

__version__ = "0.1.0"
