"""The public interface, ``import inkbridge as ink``. The command line uses it, too.

In: drawings, the name of a model, and options. Out: an ``Animation``, which draws itself and is saved in any format.
Imports ``support``, ``latent``, ``config``, ``models``, ``decoding``, ``fitting``, ``keyframes`` and ``export``.

``functions`` are the public ones. ``options`` says what can be asked for, ``checks`` checks its values, ``plan`` says
what that comes to with the settings of a project, ``steps`` reads, loads, fits and draws; ``animation`` is the result.
The command line takes the same steps one by one, because it says what it found after each.
"""
