"""The autoencoders: architectures, training, and trained models on disk.

In: batches of images and a variant, which is an architecture with its settings in ``config.yaml``. Out: a trained
model, which turns images into latents and latents into ink. Imports ``support``, ``strokes``, ``data`` and ``config``.

``conv``, ``coordconv`` and ``strokes`` each build one architecture from the common parts in ``autoencoder`` and
``blocks``; ``config.architectures`` lists them. ``training`` trains, with ``trainer``, ``schedule`` and
``checkpoints``; ``storage`` saves and loads models; ``device`` chooses the CPU or a GPU.
"""
