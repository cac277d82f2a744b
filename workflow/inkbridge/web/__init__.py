"""Pages to open in a browser: the gallery and the reports.

In: animations and tables. Out: folders with an ``index.html`` that needs no server and no network. Imports
``support``, ``latent``, ``export`` and ``evaluation``.

``pages`` fills the ``templates``. For the gallery, ``entries`` describes animations and doodles, ``sprites`` and
``playback`` make what the page plays them from, ``gallery_page`` prepares what the page says, and ``gallery`` writes
the folder. ``report_page`` writes the reports, with plots of ``evaluation``.
"""
