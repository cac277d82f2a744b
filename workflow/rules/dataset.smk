rule shard:
    output:
        "results/dataset/{split}/{index}.h5",
    log:
        "results/logs/shard/{split}/{index}.log",
    priority: shard_priority
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=1000,
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
    message:
        "Collecting samples of the synthetic drawings"
    script:
        "../scripts/samples.py"
