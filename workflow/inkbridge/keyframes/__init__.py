"""Drawings that people made, turned into keyframes.

In: a sheet of cells, a folder of pictures, an animated picture, a document, or single pictures. Out: keyframes, ``uint8
[K, 64, 64]`` and at their own resolution ``uint8 [K, S, S]``, 0 = paper and 255 = ink. Imports ``support`` and
``drawings``.

A drawing passes through the modules in this order. ``sources`` finds the pictures of a file or folder, in the ``order``
in which a person sees their names. It asks ``kinds`` what a file is. ``images`` opens and decodes those that Pillow
reads, and ``frames`` asks which of their pictures are drawings; ``documents`` and ``svg`` read the other files.
``page`` finds the page of paper in a picture. In a photograph or a scan, ``outlines`` finds its corners, or ``tilt``
how its lines lie; ``light`` evens it out, ``lines`` finds lines that are no drawing, ``squares`` those of squared paper
that are too pale to be found, and ``pens`` makes ink of any pen. Pictures that are one drawing each go through
``singles``. A sheet goes through ``sheets``: after ``page``, ``layout`` finds where the cells lie on the page: from the
guide lines that ``guides`` finds, from other lines (``borders``, as ``bordered`` weighs them) or from the paper between
drawings (``gaps``, as ``evidence`` weighs it); of a printed sheet, ``printed`` finds both by its marks.
``cells`` cuts them
out in colour, of 64×64 pixels and at their own resolution. ``ink`` tells ink from paper in those of 64×64, over all
cells together; ``originals`` does the same at their own resolution. ``edges`` drops ruled borders if the user says
where the cells are.
``reading`` decides which cells are keyframes, and warns of those that are blank or mostly ink. ``storage`` keeps
keyframes as ``.npy`` files. ``templates`` draws empty sheets, to draw on in a paint program or on paper; printed ones
have ``marks`` in their corners.
``previews`` draws a picture of what was read. ``limits`` has the sizes of cells and the numbers of keyframes that
settings may ask for.
"""
