import gc
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from inkbridge.config.settings import Configuration
from inkbridge.config.shipped import pretrained_models
from inkbridge.pipeline import checks, fork_server, former_jobs, resources, results
from inkbridge.pipeline.drawings import Drawings
from inkbridge.pipeline.environment import interpreter_for_shell, job_environment
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.locks import check_locks

clone = Path(workflow.basedir)

# Snakemake keeps nearly all that it makes, so looking for garbage takes time for nothing: a sixth of a large dry run.
gc.set_threshold(100_000, 50, 100)

try:
    settings = Configuration.read(config)
    pretrained = pretrained_models(settings)
except InkbridgeError as error:
    raise WorkflowError(str(error)) from None

check_locks(Path())  # here, so that not every job warns
os.environ.update(job_environment(settings, clone, os.environ))
sys.executable = interpreter_for_shell(sys.executable)

drawings = Drawings(settings, Path(), clone, remembered=Path(".snakemake", "drawings"))
noise_stds = results.noise_stds(settings)
trained_variants = [name for name in settings.variants if name not in pretrained]
stroke_variants = results.stroke_variants(settings)
priorities = resources.training_priorities(settings.variants)
shard_settings = {
    "seed": settings.seed,
    "recipes": settings.dataset.recipes,
    "size": settings.dataset.shard_size,
}


def files_of_variant(variant, wildcards):
    return results.files_of_variant(settings, variant)


def variant_settings(wildcards):
    return settings.variants[wildcards.variant].model_dump()


def on_cluster():
    """Return whether jobs run on other machines. It is known only after all rules have been read."""
    return workflow.non_local_exec or workflow.remote_exec


def training_threads(wildcards):
    """A team has a process for each device."""
    return declared_threads(settings.compute.threads * settings.compute.devices)


def fitting_threads(wildcards):
    return declared_threads(settings.compute.threads)


def declared_threads(wanted):
    return resources.declared_threads(wanted, workflow.resource_settings.cores, on_cluster())


def training_gpus(wildcards):
    return settings.compute.devices * gpus_of_a_process(wildcards)


def gpus_of_a_process(wildcards):
    return resources.declared_gpus(settings.compute.device, on_cluster())


def fitting_gpus(wildcards):
    """Strokes are fitted on the CPU."""
    return 0 if wildcards.variant in stroke_variants else gpus_of_a_process(wildcards)


def training_memory(wildcards, attempt):
    variant = settings.variants[wildcards.variant]
    return (
        attempt
        * settings.compute.devices
        * resources.training_memory(
            variant, settings.training.batch_size, gpus_of_a_process(wildcards)
        )
    )


def training_minutes(wildcards):
    variant = settings.variants[wildcards.variant]
    return resources.training_minutes(variant, settings.training.images, training_gpus(wildcards))


def fit_memory(wildcards, attempt):
    return attempt * resources.fit_memory(
        settings.variants[wildcards.variant], fitting_gpus(wildcards)
    )


def animation_memory(wildcards, attempt):
    frames = drawings.frames(wildcards.doodle)
    return attempt * resources.animation_memory(settings, wildcards.doodle, frames)


def vectors_memory(wildcards, attempt):
    return attempt * resources.vectors_memory(drawings.frames(wildcards.doodle))


def shard_memory(wildcards, attempt):
    return attempt * resources.shard_memory(settings.dataset.shard_size)


def evaluation_memory(wildcards, attempt):
    return attempt * resources.evaluation_memory(settings.evaluation.images, settings.dataset)


def any_of(variants):
    """Return a pattern of the names of variants. If there are none, it matches nothing: an empty one would match any name."""
    return "|".join(variants) or "(?!)"


def path_settings(wildcards):
    return {
        "frames_per_segment": settings.animation_of(wildcards.doodle).frames_per_segment,
        "loop": settings.doodles[wildcards.doodle].loop,
        "seed": settings.seed,
    }


def frame_ms(wildcards):
    return settings.animation_of(wildcards.doodle).frame_ms


def training_priority(wildcards):
    return priorities[wildcards.variant]


def shard_priority(wildcards):
    """All trainings wait for these shards, so these come first."""
    return 0 if wildcards.split == "test" else 1 + max(priorities.values())


def files_of_table(wildcards):
    return {
        name: for_all(pattern) for name, pattern in results.FILES_OF_TABLES[wildcards.table].items()
    }


def settings_of_table(wildcards):
    return results.settings_of_table(settings, wildcards.table)


def noise_std(wildcards):
    return noise_stds[wildcards.std]


def shards(split):
    count = getattr(settings.dataset.shards, split)
    return [f"results/dataset/{split}/{index}.h5" for index in range(count)]


def for_all(pattern, variants=settings.variants):
    """Return the files of ``pattern`` in the order of variant, doodle, method, noise std."""
    return results.expand_for(pattern, results.animations(settings, variants))


def check_drawing(wildcards):
    """An input function that names no files, but ends the run if the drawing of a doodle is bad.

    Snakemake calls it before any job starts, and only for doodles that the targets need. The drawing itself is
    not an input: its job runs again if its content has changed, whatever its time, and Snakemake would take {1} in its
    name for a wildcard.
    """
    # Commands that run no jobs, such as --report, have no settings of execution.
    keep_going = getattr(workflow.execution_settings, "keep_going", False)
    try:
        drawings.check(wildcards.doodle, keep_going)
    except InkbridgeError as error:
        # Snakemake would print any other exception of an input function with a traceback.
        logger.error(str(error))
        sys.exit(1)
    return []
