"""What every room needs: files that appear whole, arrays on disk, seeds, errors, progress, signals, provenance.

Imports no other room.
"""
