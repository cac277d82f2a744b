rule keyframes:
    input:
        check_drawing,
    output:
        images="results/doodles/{doodle}/keyframes.npy",
        strip="results/doodles/{doodle}/keyframes.png",
    log:
        "results/logs/keyframes/{doodle}.log",
    conda:
        "../../envs/inkbridge.yaml"
    params:
        # The path as configured, not the absolute one, so that a moved clone remakes nothing.
        drawing=lambda wildcards: settings.doodles[wildcards.doodle].sheet,
        reading=lambda wildcards: settings.doodles[wildcards.doodle].reading(),
        content=lambda wildcards: drawings.digest(wildcards.doodle),
    message:
        "Reading the keyframes of {wildcards.doodle}"
    script:
        "../scripts/keyframes.py"


rule match:
    input:
        "results/doodles/{doodle}/keyframes.npy",
    output:
        report(
            "results/doodles/{doodle}/match.png",
            caption="../report/match.rst",
            category="Keyframes",
            labels={"variant": "all that draw strokes", "doodle": "{doodle}"},
        ),
    log:
        "results/logs/match/{doodle}.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=1000,
    params:
        loop=lambda wildcards: settings.doodles[wildcards.doodle].loop,
    message:
        "Showing what each stroke of {wildcards.doodle} becomes"
    script:
        "../scripts/match.py"


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
        variant=variant_settings,
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
            f"{results.ANIMATION}.gif",
            caption="../report/animation.rst",
            category="Animations",
            subcategory="{doodle}",
            labels={
                "variant": "{variant}",
                "method": "{method}",
                "noise std": "{std}",
            },
        ),
        sprite=f"{results.ANIMATION}.webp",
        record=f"{results.ANIMATION}.json",
    log:
        "results/logs/animate/{variant}/{doodle}/{method}_std{std}.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=1000,
    params:
        noise_std=noise_std,
        path=path_settings,
        frame_ms=frame_ms,
        size=settings.animation.size,
        colours=settings.animation.colours,
    message:
        "Animating {wildcards.doodle} with {wildcards.variant}: {wildcards.method}, noise std {wildcards.std}"
    script:
        "../scripts/animate.py"


rule vectors:
    input:
        "results/fits/{variant}/{doodle}.safetensors",
    output:
        svg=f"{results.ANIMATION}.svg",
        table=f"{results.ANIMATION}.h5",
    log:
        "results/logs/vectors/{variant}/{doodle}/{method}_std{std}.log",
    wildcard_constraints:
        variant=any_of(stroke_variants),
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=1000,
    params:
        noise_std=noise_std,
        path=path_settings,
        frame_ms=frame_ms,
        colours=settings.animation.colours,
    message:
        "Writing the strokes of {wildcards.doodle} by {wildcards.variant}: {wildcards.method}, noise std {wildcards.std}"
    script:
        "../scripts/vectors.py"
