"""The studio: a page in the browser to draw on, served from this machine.

In: the file of a drawing, ``NAME.inkbridge``, and what the page sends. Out: the saved file, previews, exported films,
and entries in ``config.yaml``. Imports ``api``, ``drawings``, ``keyframes``, ``decoding``, ``config`` and ``support``.

Two processes. The server (``serve``, ``app``) holds the drawing (``store``) and answers the page; ``guard`` lets nobody
else in. It imports no array library that it can do without, so that it starts quickly. The worker (``worker``,
started and watched by ``workers``) does what takes time: it paints, fits, draws, exports (``jobs``), and reads files
that are brought in (``bringing``).
"""
