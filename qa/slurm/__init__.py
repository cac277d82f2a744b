"""A Slurm of two nodes on this machine, to run the workflow on (``make test-slurm``)."""
