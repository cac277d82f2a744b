"""Points in latent space, one for each frame. Keyframes become latents in ``fitting``, not here.

In: the latents of a doodle's keyframes, or a middle and directions. Out: a latent for each frame. Imports ``support``.

``paths`` passes through every keyframe along straight lines, arcs or a spline, with noise if wanted; ``traversal``
swings around one point.
"""
