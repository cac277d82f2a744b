"""Thousands of mutated sheets, folders and configurations: each gives a correct result or one clear error."""
