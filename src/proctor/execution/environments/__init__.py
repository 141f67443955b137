"""Which Python runs the project's code: found where its tools keep it, or built from what the project states."""
