"""The settings of a project.

In: ``config.yaml``. Out: a checked, immutable ``Configuration``, and the project folder that it belongs to. Imports
``support``, from ``data`` and ``latent`` the names of recipes and methods, and from ``export`` colours and limits.
"""
