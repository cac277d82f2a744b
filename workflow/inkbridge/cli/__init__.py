"""The command line, ``inkbridge``: a thin shell over the functions of ``import inkbridge``.

In: arguments. Out: files, lines for a person, and an exit code. Imports whatever a command shows.
"""
