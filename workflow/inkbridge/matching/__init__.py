"""What each stroke of a doodle becomes in the next keyframe.

In: the graphs of the keyframes, from the room ``tracing``. Out: strands, lines of ink that live through the whole
doodle, with their place in every keyframe; and the way on which they move from one keyframe to the next. Imports
``support`` and ``tracing``.

``match`` matches two keyframes: it tries several hypotheses and takes the one that costs least, by its ``energy`` and
by what stands ``between`` the drawings. For each, ``features`` compares points of both drawings, ``transport`` finds
the coupling that keeps their distances along the ink, ``tracks`` makes an exact map of it, ``pairs`` makes pairs of
lines of the map, and ``elastic`` places points along both lines of a pair. ``pens`` assigns whole pen strokes instead,
for drawings of a few. ``parts`` matches separate parts first. ``ways`` are lines on a graph. ``strands`` chains the
matches of all keyframes, ``arcs`` moves the strands, whose joints may slide (``slides``); ``seams`` joins those that
continue each other. ``matches`` says what a match is. ``doodle`` takes all steps, from drawings to strands.
"""
