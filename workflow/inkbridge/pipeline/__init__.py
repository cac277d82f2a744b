"""What the Snakemake workflow needs around its steps; no other room knows Snakemake.

In: Snakemake's configuration, and its ``snakemake`` object in each job. Out: checked settings and drawings, the files
that are wanted, the resources and priorities that jobs declare, tables, logs, exit codes and provenance. Imports
``support``, ``latent``, ``config``, ``models``, ``keyframes``, ``export``, ``evaluation`` and ``web``.
"""
