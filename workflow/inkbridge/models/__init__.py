"""The autoencoders: architectures, training, and trained models on disk.

In: batches of images and the settings of a variant. Out: a trained model, which turns images into latents and latents
into ink. Imports ``support``, ``strokes``, ``data`` and ``config``.
"""
