"""Facts read from source text without running it; what happens when it runs is left to `execution`."""
