rule keyframes:
    input:
        sheet=lambda wildcards: sheets[wildcards.doodle],
        drawings=drawings,
    output:
        images="results/doodles/{doodle}/keyframes.npy",
        strip="results/doodles/{doodle}/keyframes.png",
    log:
        "results/logs/keyframes/{doodle}.log",
    conda:
        "../../envs/inkbridge.yaml"
    params:
        reading=lambda wildcards: settings.doodles[wildcards.doodle].reading(),
    message:
        "Reading the keyframes of {wildcards.doodle}"
    script:
        "../scripts/read_keyframes.py"


rule fit:
    input:
        model="results/models/{variant}/model.safetensors",
        keyframes="results/doodles/{doodle}/keyframes.npy",
    output:
        fitted="results/fits/{variant}/{doodle}.safetensors",
        strip=report(
            "results/animations/{variant}/{doodle}/reconstruction.png",
            caption="../report/keyframes.rst",
            category="Keyframes",
            labels={"variant": "{variant}", "doodle": "{doodle}"},
        ),
    log:
        "results/logs/fit/{variant}/{doodle}.log",
    conda:
        "../../envs/inkbridge.yaml"
    threads: training_threads
    resources:
        mem_mb=2000,
        # Strokes are fitted on the CPU.
        gpu=lambda wildcards: 0 if wildcards.variant in stroke_variants else training_gpus,
    params:
        variant=lambda wildcards: settings.variants[wildcards.variant].model_dump(),
        fitting=settings.fitting.model_dump(),
        compute=settings.compute.model_dump(),
        loop=lambda wildcards: settings.doodles[wildcards.doodle].loop,
        seed=settings.seed,
    message:
        "Fitting {wildcards.variant} to {wildcards.doodle}"
    script:
        "../scripts/fit.py"


rule animate:
    input:
        "results/fits/{variant}/{doodle}.safetensors",
    output:
        gif=report(
            "results/animations/{variant}/{doodle}/{method}_std{std}.gif",
            caption="../report/animation.rst",
            category="Animations",
            subcategory="{doodle}",
            labels={
                "variant": "{variant}",
                "method": "{method}",
                "noise std": "{std}",
            },
        ),
        sprite="results/animations/{variant}/{doodle}/{method}_std{std}.webp",
        record="results/animations/{variant}/{doodle}/{method}_std{std}.json",
    log:
        "results/logs/animate/{variant}/{doodle}/{method}_std{std}.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=1000,
    params:
        noise_std=lambda wildcards: noise_stds[wildcards.std],
        path=path_settings,
        frame_ms=settings.animation.frame_ms,
        size=settings.animation.size,
    message:
        "Animating {wildcards.doodle}: {wildcards.variant}, {wildcards.method}, std {wildcards.std}"
    script:
        "../scripts/animate.py"


rule vectors:
    input:
        "results/fits/{variant}/{doodle}.safetensors",
    output:
        svg="results/animations/{variant}/{doodle}/{method}_std{std}.svg",
        table="results/animations/{variant}/{doodle}/{method}_std{std}.h5",
    log:
        "results/logs/vectors/{variant}/{doodle}/{method}_std{std}.log",
    wildcard_constraints:
        # Without a stroke variant, what matches nothing: an empty pattern would match any name.
        variant="|".join(stroke_variants) or "(?!)",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=1000,
    params:
        noise_std=lambda wildcards: noise_stds[wildcards.std],
        path=path_settings,
        frame_ms=settings.animation.frame_ms,
    message:
        "Writing strokes of {wildcards.doodle}: {wildcards.variant}, {wildcards.method}, std {wildcards.std}"
    script:
        "../scripts/write_vectors.py"
