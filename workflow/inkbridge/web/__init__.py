"""Pages to open in a browser: the gallery and the reports.

In: animations, tables and plots. Out: folders with an ``index.html`` that needs no server and no network. Imports
``support``, ``latent``, ``export`` and ``evaluation``.
"""
