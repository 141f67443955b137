"""Mutants of a module: small wrong changes that its tests should notice, who notices them, and the score."""
