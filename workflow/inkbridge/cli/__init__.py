"""The command line, ``inkbridge``.

In: arguments. Out: files, lines for a person, and an exit code. Imports ``api``, ``support``, ``latent``, ``config``,
``keyframes`` and ``export``; ``models`` and ``evaluation`` only inside the command that needs them.

Each command has a module of its own. ``options`` turns what is typed into values, ``drawing`` is what the commands that
draw share, ``console`` says everything that a person reads, ``main`` is the entry point. Nothing is computed here.
"""
