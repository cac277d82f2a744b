"""The autoencoders: architectures, training, and trained models on disk.

In: batches of images and a variant, which is an architecture with its settings in ``config.yaml``. Out: a trained
model, which turns images into latents and latents into ink. Imports ``support``, ``strokes``, ``data`` and ``config``.

``conv``, ``coordconv`` and ``strokes`` each build one architecture from the common parts in ``autoencoder`` and
``blocks``; ``config.architectures`` lists them. ``training`` trains, with ``trainer``, ``schedule``,
``watch`` and ``checkpoints``, on batches from ``feeds``: from the CPU, or from a dataset on the device (``resident``,
``movements``). ``together`` trains on several devices, each a process of a ``team``. ``storage`` saves and loads
models; ``device`` chooses the CPU or a GPU, and ``claims`` which GPU.
"""
