"""A trained model, fitted to one doodle in seconds.

In: the doodle's keyframes and a trained model. Out: the latents of the keyframes, and a copy of the model whose
decoder draws the keyframes and moves well between them. Imports ``support``, ``strokes``, ``latent``, ``config``,
``models``, ``decoding``, ``keyframes``, ``tracing`` and ``matching``.

``fit`` chooses between two fits: ``strokes`` for decoders that draw strokes (its docstring lists the steps) and
``pixels`` for decoders of pixels. The steps of the stroke fit are modules of their own: ``layout`` lays strokes along
strands, ``finish`` moves them until they paint the keyframes, ``motion`` has the strokes at every moment, and ``solve``
gives the decoder a last layer that draws them. ``encoding`` encodes keyframes without a fit. ``config`` has the numbers
that users set, ``tuning`` all others; ``descent`` is the optimiser that both fits share.
"""
