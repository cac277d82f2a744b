import os
import re
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from inkbridge.config.architectures import STROKE_ARCHITECTURES
from inkbridge.config.settings import Configuration, find_sheet, fingerprint
from inkbridge.keyframes.reading import read_keyframes
from inkbridge.pipeline import jobs, records
from inkbridge.pipeline.resources import declared_gpus, declared_threads
from inkbridge.support.errors import InkbridgeError
from inkbridge.web.sprites import SpriteLayout

try:
    settings = Configuration.read(config)
    sheets = {
        name: find_sheet(doodle.sheet, Path(), Path(workflow.basedir))
        for name, doodle in settings.doodles.items()
    }
    for name, doodle in settings.doodles.items():
        drawn = read_keyframes(sheets[name], **doodle.reading())
        SpriteLayout.of_doodle(
            len(drawn.images),
            doodle.loop,
            settings.animation.frames_per_segment,
            settings.animation.size,
        )
except InkbridgeError as error:
    raise WorkflowError(str(error)) from None

# Numeric libraries take a thread for each core unless told otherwise; a job is to use those that it declared.
# Training and fitting tell torch. The package is found where it is not installed, as in a conda environment of a job.
# What Numba compiles is kept in the working directory, because that of the package may not be written to. Jobs end
# with this Snakemake, whatever ends it. How results are made goes into their records and not into parameters: another
# commit remakes nothing.
os.environ.update(
    OMP_NUM_THREADS="1",
    **{
        jobs.RUN_VARIABLE: jobs.run_id(),
        records.PROVENANCE_VARIABLE: records.for_jobs(fingerprint(settings), settings.seed),
    },
    NUMBA_CACHE_DIR=str(Path(".snakemake", "numba").absolute()),
    PYTHONPATH=os.pathsep.join(
        [str(Path(workflow.basedir, "workflow")), *filter(None, [os.getenv("PYTHONPATH")])]
    ),
)

# Snakemake puts the interpreter into a shell's command as it is, which splits a path at its spaces.
if os.path.exists(sys.executable):
    sys.executable = shlex.quote(sys.executable)

noise_stds = {str(std): std for std in settings.animation.noise_std}
stroke_variants = [
    name
    for name, variant in settings.variants.items()
    if variant.architecture in STROKE_ARCHITECTURES
]
training_threads = declared_threads(settings.compute.threads, workflow.resource_settings.cores)
training_gpus = declared_gpus(settings.compute.device)
shard_settings = {
    "seed": settings.seed,
    "recipes": settings.dataset.recipes,
    "size": settings.dataset.shard_size,
}


def path_settings(wildcards):
    return {
        "frames_per_segment": settings.animation.frames_per_segment,
        "loop": settings.doodles[wildcards.doodle].loop,
        "seed": settings.seed,
    }


def shards(split):
    count = getattr(settings.dataset.shards, split)
    return [f"results/dataset/{split}/{index}.h5" for index in range(count)]


def drawings(wildcards):
    sheet = sheets[wildcards.doodle]
    if not sheet.is_dir():
        return []
    return sorted(
        file for file in sheet.iterdir() if file.is_file() and not file.name.startswith(".")
    )


def for_all(pattern, variants=settings.variants):
    """Return the files of ``pattern`` in the order of variant, doodle, method, noise std."""
    return expand(
        pattern,
        variant=variants,
        doodle=settings.doodles,
        method=settings.animation.methods,
        std=noise_stds,
    )


def results_of(variant):
    return for_all(
        [
            "results/models/{variant}/model.safetensors",
            "results/evaluation/{variant}/images.csv",
            "results/evaluation/{variant}/{doodle}/keyframes.csv",
            "results/evaluation/{variant}/{doodle}/std{std}.csv",
            "results/animations/{variant}/{doodle}/reconstruction.png",
            "results/animations/{variant}/{doodle}/{method}_std{std}.gif",
        ],
        variants=[variant],
    ) + for_all(
        [
            "results/animations/{variant}/{doodle}/{method}_std{std}.svg",
            "results/animations/{variant}/{doodle}/{method}_std{std}.h5",
        ],
        variants=[variant] if variant in stroke_variants else [],
    )


def refuse_taken_names(taken):
    for name in settings.variants.keys() & set(taken):
        raise WorkflowError(f"variants.{name}: expected a name that no rule has; found {name!r}")


def explain_kills(logs):
    """Say what a job that the system killed could not say itself."""
    if any(
        re.search(r"<Signals\.SIG(KILL|ABRT)|status 137", Path(log).read_text()) for log in logs
    ):
        logger.error(
            "A job was killed, by someone or by the system because memory ran out. If it was memory: offer fewer --cores, "
            "say with --resources mem_mb=8000 how many megabytes all jobs may use together, or lower "
            "training.batch_size, dataset.shard_size, evaluation.images or animation.size, whichever the job reads."
        )
