"""Fitting to one doodle.

In: keyframes and a trained model. Out: latents, and a copy of the decoder that draws the keyframes exactly."""
