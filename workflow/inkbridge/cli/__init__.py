"""The command line, ``inkbridge``.

In: arguments. Out: files, messages for the user, and an exit code. Imports ``api``, ``support``, ``latent``,
``config``, ``drawings``, ``keyframes`` and ``export``; ``models``, ``evaluation`` and ``studio`` only inside the
command that needs them.

``sheets`` holds the sheet that ``inkbridge demo`` draws.

Each command has a module of its own. ``options`` turns arguments into values, ``drawing`` holds what the commands that
draw share, ``console`` prints every message, and ``main`` is the entry point. Nothing is computed here.
"""
