"""From cases to pytest source: naming, fixtures, printing, formatting. Yields text and writes nothing."""
