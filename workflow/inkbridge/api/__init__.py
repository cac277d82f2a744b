"""The public interface, ``import inkbridge as ink``. The command line uses it, too.

In: drawings, the name of a model, and options. Out: an ``Animation``, which draws itself and is saved in any format.
Imports ``support``, ``latent``, ``config``, ``models``, ``decoding``, ``fitting``, ``matching``,
``drawings``, ``keyframes`` and ``export``.

``functions`` holds the public functions and ``options`` their options, whose values ``checks`` checks. ``plan``
combines the options with the settings of a project. ``steps`` reads, loads, fits and draws, and ``animation`` and
``correspondence`` are the results. ``drawn`` turns what a drawing of the studio says into options. The command line
takes the same steps one by one, because it prints what it found after each.
"""
