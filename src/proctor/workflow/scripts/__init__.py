"""Workflows as Python scripts: what they may use, how they are checked before they start, and how they are run."""
