from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from inkbridge.config.yaml_files import read_yaml
from inkbridge.support.errors import InkbridgeError

min_version("9.9")

try:  # Snakemake names neither the file nor the line, and tells nothing of a key that is there twice
    files = Path(workflow.basedir, "config.yaml"), *map(Path, workflow.overwrite_configfiles)
    for file in dict.fromkeys(files):
        if file.suffix != ".json":  # which may hold tabs, that YAML refuses
            read_yaml(file)
except InkbridgeError as error:
    raise WorkflowError(str(error)) from None


configfile: str(Path(workflow.basedir, "config.yaml"))


include: "workflow/rules/common.smk"
include: "workflow/rules/dataset.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/animate.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/gallery.smk"


report: "workflow/report/workflow.rst"


wildcard_constraints:
    split="train|validation|test",
    index=r"\d+",
    variant="|".join(settings.variants),
    doodle="|".join(settings.doodles),
    method="|".join(settings.animation.methods),
    std="|".join(map(re.escape, noise_stds)),


rule all:
    default_target: True
    input:
        "results/gifs",


onerror:
    explain_kills(log)


refuse_taken_names(rule.name for rule in workflow.rules)


# One target for each variant, by its name.
for variant in settings.variants:

    rule:
        name:
            variant
        input:
            results_of(variant),
