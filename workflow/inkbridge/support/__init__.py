"""What several rooms need and what does not depend on drawings or models.

In: paths, arrays, seeds, errors and signals. Out: files that appear whole or not at all (``files``, ``locks``);
arrays, HDF5 and ``pictures`` on disk; records of how results were made (``provenance``); random streams by name
(``seeds``); errors, signals, progress and cores; shared ``types``. What only one room needs stays in that room. Imports
no other room.
"""
