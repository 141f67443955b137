"""Ways to call a target: values, rows, collaborators, search and minimising. Knows no pytest and writes no source."""
