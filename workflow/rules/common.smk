import re
from pathlib import Path

from snakemake.exceptions import WorkflowError

from inkbridge.config import Configuration, find_sheet
from inkbridge.cores import declared_gpus, declared_threads
from inkbridge.doodles import read_keyframes
from inkbridge.errors import InkbridgeError

try:
    settings = Configuration.read(config)
    sheets = {
        name: find_sheet(doodle.sheet, Path(), Path(workflow.basedir))
        for name, doodle in settings.doodles.items()
    }
    for name, doodle in settings.doodles.items():
        read_keyframes(sheets[name], **doodle.reading())
except InkbridgeError as error:
    raise WorkflowError(str(error)) from None

noise_stds = {str(std): std for std in settings.animation.noise_std}
training_threads = declared_threads(settings.compute.threads, workflow.cores)
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
    return sorted(sheet.iterdir()) if sheet.is_dir() else [sheet]


def for_each_doodle(pattern):
    return expand(pattern, doodle=settings.doodles, allow_missing=True)


def for_each_variant(pattern):
    return expand(pattern, variant=settings.variants, allow_missing=True)


def for_each_path(pattern):
    return expand(pattern, method=settings.animation.methods, std=noise_stds, allow_missing=True)


def results_of(variant):
    return expand(
        [
            "results/models/{variant}/model.safetensors",
            "results/evaluation/{variant}/images.csv",
            *for_each_doodle("results/evaluation/{variant}/{doodle}/keyframes.csv"),
            *for_each_doodle("results/animations/{variant}/{doodle}/reconstruction.png"),
            *for_each_path(
                for_each_doodle("results/animations/{variant}/{doodle}/{method}_std{std}.gif")
            ),
        ],
        variant=variant,
    )
