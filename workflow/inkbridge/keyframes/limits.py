"""The limits of the settings with which drawings are read."""

SMALLEST_CELL, LARGEST_CELL = 8, 4096
"""Pixels of a cell's side; nothing can be drawn in less."""

LARGEST_ORIGINAL = 512
"""Pixels of the side at which a keyframe is kept as it was drawn. Larger cells are shrunk to it."""

FEWEST_KEYFRAMES, MOST_KEYFRAMES = 2, 1000
"""Keyframes of an animation."""

MOST_CELLS = 4096
"""Cells of a sheet, or pictures of a folder or animation: bounds memory."""
