import re
from functools import partial
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from inkbridge.pipeline.checks import check_yaml
from inkbridge.support.errors import InkbridgeError

min_version("9.17")

try:
    check_yaml([Path(workflow.basedir, "config.yaml"), *map(Path, workflow.overwrite_configfiles)])
except InkbridgeError as error:
    raise WorkflowError(str(error)) from None


configfile: str(Path(workflow.basedir, "config.yaml"))


# Used with --software-deployment-method apptainer: an image in the working directory, see Containerfile.
container: "inkbridge.sif"


include: "workflow/rules/common.smk"
include: "workflow/rules/dataset.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/animate.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/gallery.smk"


report: "workflow/report/workflow.rst"


# On a cluster, these run where Snakemake runs: they take less time than a job's start.
localrules:
    samples,
    pretrained,
    table,
    report_page,
    gallery,


# A limit such as --resources gpu=1 is one of this machine, not of a cluster.
resource_scopes:
    gpu="local",


wildcard_constraints:
    split="train|validation|test",
    index=r"\d+",
    variant="|".join(settings.variants),
    doodle="|".join(settings.doodles),
    method="|".join(results.methods(settings)),
    std="|".join(map(re.escape, noise_stds)),
    table="|".join(results.FILES_OF_TABLES),


rule all:
    default_target: True
    input:
        "results/gifs",


onstart:
    if workflow.local_exec:
        sys.executable = fork_server.start(sys.executable)
        # Snakemake limits how many jobs start in a second, to spare clusters. To do so, it plans again each second, once for
        # each job so far: thousands of times, in the end.
        workflow.scheduler.job_rate_limiter = None
    else:
        former_jobs.end(Path())


onerror:
    if checks.some_job_was_killed(log):
        logger.error(checks.KILLED)


try:
    checks.check_variant_names(settings.variants, [rule.name for rule in workflow.rules])
except InkbridgeError as error:
    raise WorkflowError(str(error)) from None

# One target for each variant, by its name.
for variant in settings.variants:

    rule:
        name:
            variant
        input:
            # A function, because the files of thousands of animations would be listed for nothing.
            partial(files_of_variant, variant),
