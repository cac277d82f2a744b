"""Faults injected for real, a module for each kind, and a table of what was lost."""
