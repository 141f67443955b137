"""One file an operator: each says which wrong change it makes, and shows it with examples."""
