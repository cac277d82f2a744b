rule train:
    input:
        train=shards("train"),
        validation=shards("validation"),
    output:
        model="results/models/{variant}/model.safetensors",
        history="results/models/{variant}/training.csv",
        record="results/models/{variant}/training.csv-metadata.json",
        plot=report(
            "results/models/{variant}/training.png",
            caption="../report/training.rst",
            category="Training",
            labels={"variant": "{variant}"},
        ),
    log:
        "results/logs/train/{variant}.log",
    wildcard_constraints:
        variant=any_of(trained_variants),
    # The longest training starts first. Trainings start before fits and GIFs, which fill the remaining cores.
    priority: training_priority
    conda:
        "../../envs/inkbridge.yaml"
    threads: training_threads
    resources:
        mem_mb=training_memory,
        runtime=training_minutes,
        gpu=training_gpus,
    params:
        variant=variant_settings,
        training=settings.training.model_dump(),
        compute=settings.compute.model_dump(),
        shard=shard_settings,
    message:
        "Training {wildcards.variant}"
    script:
        "../scripts/train.py"


# Takes the place of a training: the weights that come with the package.
rule pretrained:
    output:
        model="results/models/{variant}/model.safetensors",
        history="results/models/{variant}/training.csv",
        record="results/models/{variant}/training.csv-metadata.json",
        plot=report(
            "results/models/{variant}/training.png",
            caption="../report/training.rst",
            category="Training",
            labels={"variant": "{variant}"},
        ),
    log:
        "results/logs/pretrained/{variant}.log",
    wildcard_constraints:
        variant=any_of(pretrained),
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=resources.SMALL_JOB,
        runtime=resources.small_job_minutes(),
    params:
        variant=variant_settings,
        weights=lambda wildcards: pretrained[wildcards.variant].name,
        # Not the file as an input: its path would change with the place of the clone.
        content=lambda wildcards: pretrained[wildcards.variant].digest,
    message:
        "Taking the weights of {wildcards.variant} that come with inkbridge"
    script:
        "../scripts/pretrained.py"
