"""A trained model, fitted to one doodle in seconds.

In: the doodle's keyframes and a trained model. Out: the latents of the keyframes, and a copy of the model whose
decoder draws the keyframes and moves well between them. Imports ``support``, ``strokes``, ``latent``, ``config``,
``models``, ``decoding`` and ``keyframes``.

``fit`` chooses between two fits: ``strokes`` for decoders that draw strokes (its docstring lists the steps) and
``pixels`` for decoders of pixels. ``encoding`` encodes keyframes without a fit. ``config`` has the numbers that users
set, ``tuning`` all others; ``descent`` is the optimiser that both share.
"""
