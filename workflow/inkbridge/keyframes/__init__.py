"""Drawings that people made, turned into keyframes.

In: a sheet of cells, a folder of pictures, an animated picture, or single pictures. Out: keyframes, ``uint8
[K, 64, 64]``, 0 = paper and 255 = ink. Also empty sheets to draw on, and a picture of what was read. Imports
``support``.

A drawing passes through the modules in this order. ``images`` opens and decodes files; no other module does.
``sources`` finds the pictures of a sheet, a folder or an animation, ``guides`` the guide lines of a sheet. ``cells``
cuts them into cells of 64×64 pixels in colour. ``ink`` tells ink from paper, over all cells together. ``reading``
decides which cells are keyframes, and warns about them.
"""
