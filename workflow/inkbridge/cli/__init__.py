"""The command line, ``inkbridge``: a thin shell over the functions of ``import inkbridge``.

In: arguments. Out: files, lines for a person, and an exit code. Each command has a module of its own. ``options`` turns
what is typed into values, ``drawing`` checks and writes animations, ``console`` speaks, ``main`` is the entry point.
Imports whatever a command shows, heavy libraries only when a command needs them.
"""
