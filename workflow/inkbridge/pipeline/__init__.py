"""The workflow's side of the package: the only room that knows Snakemake."""
