"""What every room needs: files, arrays, seeds, errors, progress, cores, signals and provenance.

Imports no other room."""
