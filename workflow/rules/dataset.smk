rule shard:
    output:
        "results/dataset/{split}/{index}.h5",
    log:
        "results/logs/shard/{split}/{index}.log",
    priority: shard_priority
    group:
        "shards"
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=shard_memory,
        runtime=resources.small_job_minutes(settings.dataset.shard_size),
    params:
        shard=shard_settings,
    message:
        "Painting shard {wildcards.index} of the {wildcards.split} split"
    script:
        "../scripts/shard.py"


rule samples:
    input:
        "results/dataset/test/0.h5",
    output:
        report(
            "results/dataset/samples.png",
            caption="../report/samples.rst",
            category="Dataset",
        ),
    log:
        "results/logs/samples.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=resources.SMALL_JOB,
        runtime=resources.small_job_minutes(),
    message:
        "Collecting samples of the synthetic drawings"
    script:
        "../scripts/samples.py"
