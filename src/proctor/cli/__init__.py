"""The command line: one file a verb; `main` alone turns exceptions into exit codes."""
