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
        "results/logs/evaluate_variant/{variant}.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=evaluation_memory,
        runtime=resources.small_job_minutes(settings.evaluation.images),
    params:
        variant=variant_settings,
        shard=shard_settings,
        images=settings.evaluation.images,
    message:
        "Evaluating {wildcards.variant} on the test split"
    script:
        "../scripts/evaluate_variant.py"


rule table:
    input:
        unpack(files_of_table),
    output:
        table=report(
            "results/reports/{table}.csv",
            caption="../report/table.rst",
            category="Reports",
            labels={"table": "{table}"},
        ),
        record="results/reports/{table}.csv-metadata.json",
    log:
        "results/logs/table/{table}.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=resources.SMALL_JOB,
        runtime=resources.small_job_minutes(),
    params:
        settings=settings_of_table,
    message:
        "Making the table results/reports/{wildcards.table}.csv"
    script:
        "../scripts/table.py"


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
        "results/logs/report_page.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=resources.SMALL_JOB,
        runtime=resources.small_job_minutes(),
    params:
        variants=list(settings.variants),
    message:
        "Writing the page of the reports"
    script:
        "../scripts/report_page.py"
