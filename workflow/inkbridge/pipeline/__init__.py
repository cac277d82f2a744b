"""What the Snakemake workflow needs around its steps; no other room knows Snakemake.

In: Snakemake's configuration, and its ``snakemake`` object in each job. Out: checked settings, the resources that jobs
declare, logs, exit codes and provenance. Imports ``support``, ``config``, ``keyframes``, ``export`` and ``web``.
"""
