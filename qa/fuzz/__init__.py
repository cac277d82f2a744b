"""Thousands of mutated sheets, folders and configurations: each gives a right result or one clear error."""
