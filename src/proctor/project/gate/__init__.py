"""The output gate: what a generated file may hold before it is written where it runs without any sandbox."""
