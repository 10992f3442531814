"""What happens, counted and traced; every room may tell it."""
