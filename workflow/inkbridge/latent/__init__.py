"""Points in latent space, one for each frame. Keyframes become latents in ``fitting``, not here.

In: the latents of a doodle's keyframes, or a middle and directions. Out: a latent for each frame. Imports ``support``.

``paths`` makes paths that pass through every keyframe along straight lines, arcs or a spline, with or without noise.
``traversal`` makes movements that swing around one point.
"""
