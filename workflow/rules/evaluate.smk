rule evaluate_variant:
    input:
        model="results/models/{variant}/model.safetensors",
        test=shards("test"),
    output:
        images="results/evaluation/{variant}/images.csv",
        record="results/evaluation/{variant}/images.csv-metadata.json",
        picture=report(
            "results/evaluation/{variant}/reconstructions.png",
            caption="../report/reconstructions.rst",
            category="Reconstruction",
            labels={"variant": "{variant}"},
        ),
    log:
        "results/logs/evaluate/{variant}.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=2000,
    params:
        variant=lambda wildcards: settings.variants[wildcards.variant].model_dump(),
        shard=shard_settings,
        images=settings.evaluation.images,
    message:
        "Evaluating {wildcards.variant} on the test split"
    script:
        "../scripts/evaluate_variant.py"


rule evaluate_keyframes:
    input:
        model="results/models/{variant}/model.safetensors",
        fitted="results/fits/{variant}/{doodle}.safetensors",
        keyframes="results/doodles/{doodle}/keyframes.npy",
    output:
        table="results/evaluation/{variant}/{doodle}/keyframes.csv",
        record="results/evaluation/{variant}/{doodle}/keyframes.csv-metadata.json",
    log:
        "results/logs/evaluate/{variant}/{doodle}/keyframes.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=2000,
    params:
        variant=lambda wildcards: settings.variants[wildcards.variant].model_dump(),
        fitted=settings.fitting.enabled,
    message:
        "Evaluating {wildcards.variant} on the keyframes of {wildcards.doodle}"
    script:
        "../scripts/evaluate_keyframes.py"


rule evaluate_animations:
    input:
        fitted="results/fits/{variant}/{doodle}.safetensors",
        keyframes="results/doodles/{doodle}/keyframes.npy",
    output:
        table="results/evaluation/{variant}/{doodle}/std{std}.csv",
        record="results/evaluation/{variant}/{doodle}/std{std}.csv-metadata.json",
    log:
        "results/logs/evaluate/{variant}/{doodle}/std{std}.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=1000,
    params:
        methods=settings.animation.methods,
        noise_std=lambda wildcards: noise_stds[wildcards.std],
        path=path_settings,
    message:
        "Evaluating {wildcards.variant} between the keyframes of {wildcards.doodle}, std {wildcards.std}"
    script:
        "../scripts/evaluate_animations.py"


rule reconstruction_table:
    input:
        images=for_all("results/evaluation/{variant}/images.csv"),
    output:
        table=report(
            "results/reports/reconstruction.csv",
            caption="../report/reconstruction.rst",
            category="Reports",
        ),
        record="results/reports/reconstruction.csv-metadata.json",
    log:
        "results/logs/reports/reconstruction.log",
    conda:
        "../../envs/inkbridge.yaml"
    params:
        resamples=settings.evaluation.resamples,
        seed=settings.seed,
    message:
        "Tabulating reconstruction on the test split"
    script:
        "../scripts/tabulate_reconstruction.py"


rule doodles_table:
    input:
        keyframes=for_all("results/evaluation/{variant}/{doodle}/keyframes.csv"),
    output:
        table=report(
            "results/reports/doodles.csv",
            caption="../report/doodles.rst",
            category="Reports",
        ),
        record="results/reports/doodles.csv-metadata.json",
    log:
        "results/logs/reports/doodles.log",
    conda:
        "../../envs/inkbridge.yaml"
    params:
        resamples=settings.evaluation.resamples,
        seed=settings.seed,
    message:
        "Tabulating reconstruction of the doodles"
    script:
        "../scripts/tabulate_doodles.py"


rule interpolation_table:
    input:
        animations=for_all("results/evaluation/{variant}/{doodle}/std{std}.csv"),
    output:
        table=report(
            "results/reports/interpolation.csv",
            caption="../report/interpolation.rst",
            category="Reports",
        ),
        record="results/reports/interpolation.csv-metadata.json",
    log:
        "results/logs/reports/interpolation.log",
    conda:
        "../../envs/inkbridge.yaml"
    message:
        "Tabulating what happens between the keyframes"
    script:
        "../scripts/tabulate_interpolation.py"


rule training_table:
    input:
        models=for_all("results/models/{variant}/model.safetensors"),
    output:
        table=report(
            "results/reports/training.csv",
            caption="../report/training_table.rst",
            category="Reports",
        ),
        record="results/reports/training.csv-metadata.json",
    log:
        "results/logs/reports/training.log",
    conda:
        "../../envs/inkbridge.yaml"
    params:
        variants=list(settings.variants),
    message:
        "Tabulating what training took"
    script:
        "../scripts/tabulate_training.py"


rule comparison_table:
    input:
        images=for_all("results/evaluation/{variant}/images.csv"),
        keyframes=for_all("results/evaluation/{variant}/{doodle}/keyframes.csv"),
    output:
        table=report(
            "results/reports/comparison.csv",
            caption="../report/comparison.rst",
            category="Reports",
        ),
        record="results/reports/comparison.csv-metadata.json",
    log:
        "results/logs/reports/comparison.log",
    conda:
        "../../envs/inkbridge.yaml"
    params:
        resamples=settings.evaluation.resamples,
        seed=settings.seed,
    message:
        "Comparing the variants pair by pair"
    script:
        "../scripts/tabulate_comparison.py"


rule report_page:
    input:
        reconstruction="results/reports/reconstruction.csv",
        doodles="results/reports/doodles.csv",
        interpolation="results/reports/interpolation.csv",
        training="results/reports/training.csv",
        comparison="results/reports/comparison.csv",
        samples="results/dataset/samples.png",
        histories=for_all("results/models/{variant}/training.csv"),
        pictures=for_all("results/evaluation/{variant}/reconstructions.png"),
    output:
        "results/reports/index.html",
    log:
        "results/logs/reports/page.log",
    conda:
        "../../envs/inkbridge.yaml"
    params:
        variants=list(settings.variants),
    message:
        "Writing the page of the reports"
    script:
        "../scripts/write_report_page.py"
