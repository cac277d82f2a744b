"""Decoders without torch.

In: a fitted doodle and latents. Out: frames or strokes, in NumPy, because importing torch takes longer than drawing a
GIF. ``export`` alone imports torch: it turns a torch decoder into layers."""
