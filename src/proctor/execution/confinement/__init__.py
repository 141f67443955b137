"""How children are confined: the levels, what a child may see and use, and who watches over it."""
