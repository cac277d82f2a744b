"""What every room needs.

Files that appear whole or not at all, and locks on them; arrays, HDF5 and PNG on disk; provenance; random streams by
name; errors, signals, progress and cores; shared types. Imports no other room.
"""
