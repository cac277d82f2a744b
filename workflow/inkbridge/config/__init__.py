"""The settings.

In: ``config.yaml``. Out: one checked ``Configuration``, and the project folder it belongs to. Imports ``support``, and
from ``data`` and ``latent`` the names of recipes and methods."""
