"""The settings of a project, and the registry of architectures, which can be read without torch.

In: ``config.yaml`` and the folder that it is in. Out: a checked, immutable ``Configuration``; the ``Project``, which
finds trained models; and ``config.yaml`` with one more doodle (``register``). Imports ``support``, and for the values
that a key may have also ``data`` (recipes), ``latent`` (methods), ``keyframes`` (limits) and ``export`` (colours and
limits).

``settings`` has every key, ``values`` the types of single values, ``messages`` the errors, and ``architectures`` the
module of each architecture. ``yaml_files`` reads YAML as Snakemake does.
"""
