"""Drawings of people.

In: a sheet, a folder of pictures or an animated picture. Out: keyframes ``uint8 [K, 64, 64]``. Imports ``support``
alone."""
