"""The user's repository: what is in it, copies of it to work in, and the one writer that may change it."""
