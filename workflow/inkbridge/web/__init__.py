"""Pages to open in a browser: the gallery and the reports.

In: animations, tables and plots. Out: folders with an ``index.html`` that needs no server and no network. Imports
``support``, ``latent``, ``export`` and ``evaluation``.

``pages`` turns templates into pages. ``gallery`` publishes the animations and doodles of ``entries`` and writes their
page, whose contents ``gallery_page`` prepares. The page plays ``sprites`` as each animation's ``playback`` says.
``report_page`` writes the page of the reports.
"""
