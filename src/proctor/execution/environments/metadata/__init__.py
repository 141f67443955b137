"""What a project states about its dependencies and its Python, one file a format; read as data, never run."""
