"""What the Snakemake workflow needs around the steps in ``workflow/scripts``.

In: Snakemake's configuration, and the ``snakemake`` object in each job. Out: checked settings and drawings, the list
of files to make, each job's resources and priority, its log, exit code and provenance, and the tables of the reports.
Imports ``support``, ``latent``, ``config``, ``models``, ``keyframes``, ``export``, ``evaluation`` and ``web``.

The rules use ``checks``, ``drawings``, ``environment``, ``resources`` and ``results``; jobs use ``jobs``, ``records``
and ``tables``. Code that makes sense without Snakemake belongs in another room. Other rooms never touch Snakemake's
objects; they name its command in advice, its version in records, and read YAML as it does.
"""

from importlib.util import find_spec

if any(find_spec(name) is None for name in ("jinja2", "markupsafe", "matplotlib", "pandas")):
    # SystemExit prints the sentence alone, without a traceback, also in Snakemake.
    raise SystemExit("inkbridge: the pipeline needs more packages than drawing: pip install 'inkbridge[pipeline]'")
