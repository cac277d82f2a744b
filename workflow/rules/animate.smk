rule keyframes:
    input:
        check_drawing,
    output:
        images="results/doodles/{doodle}/keyframes.npy",
        strip="results/doodles/{doodle}/keyframes.png",
    log:
        "results/logs/keyframes/{doodle}.log",
    group:
        "reading"
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=resources.SMALL_JOB,
        runtime=resources.small_job_minutes(),
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
    group:
        "reading"
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=resources.SMALL_JOB,
        runtime=resources.small_job_minutes(),
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
        table="results/evaluation/{variant}/{doodle}/keyframes.csv",
        record="results/evaluation/{variant}/{doodle}/keyframes.csv-metadata.json",
    log:
        "results/logs/fit/{variant}/{doodle}.log",
    group:
        "drawing"
    conda:
        "../../envs/inkbridge.yaml"
    threads: fitting_threads
    resources:
        mem_mb=fit_memory,
        runtime=resources.small_job_minutes(),
        gpu=fitting_gpus,
    params:
        variant=variant_settings,
        fitting=settings.fitting.model_dump(),
        compute=settings.compute.of_fit().model_dump(),
        loop=lambda wildcards: settings.doodles[wildcards.doodle].loop,
        seed=settings.seed,
    message:
        "Fitting {wildcards.variant} to {wildcards.doodle}"
    script:
        "../scripts/fit.py"


# One job draws a doodle at one noise std, by all its methods: starting Python takes longer than drawing a GIF. Each GIF is
# still a target. Doodles with methods of their own have rules of their own, because a rule names its files.
for animated in results.groups_by_methods(settings):

    rule:
        name:
            f"animate{animated.suffix}"
        input:
            fitted="results/fits/{variant}/{doodle}.safetensors",
            keyframes="results/doodles/{doodle}/keyframes.npy",
        output:
            gif=[
                report(
                    f"{animation}.gif",
                    caption="../report/animation.rst",
                    category="Animations",
                    subcategory="{doodle}",
                    labels={
                        "variant": "{variant}",
                        "method": method,
                        "noise std": "{std}",
                    },
                )
                for method, animation in animated.patterns()
            ],
            sprite=[f"{animation}.webp" for _, animation in animated.patterns()],
            playback=[f"{animation}.json" for _, animation in animated.patterns()],
            table="results/evaluation/{variant}/{doodle}/std{std}.csv",
            record="results/evaluation/{variant}/{doodle}/std{std}.csv-metadata.json",
        log:
            "results/logs/animate/{variant}/{doodle}/std{std}.log",
        wildcard_constraints:
            doodle="|".join(animated.doodles),
        group:
            "drawing"
        conda:
            "../../envs/inkbridge.yaml"
        resources:
            mem_mb=animation_memory,
            runtime=resources.small_job_minutes(),
        params:
            methods=animated.methods,
            noise_std=noise_std,
            path=path_settings,
            frame_ms=frame_ms,
            size=settings.animation.size,
            colours=settings.animation.colours,
        message:
            "Animating {wildcards.doodle} with {wildcards.variant}, noise std {wildcards.std}"
        script:
            "../scripts/animate.py"

    rule:
        name:
            f"vectors{animated.suffix}"
        input:
            "results/fits/{variant}/{doodle}.safetensors",
        output:
            svg=[f"{animation}.svg" for _, animation in animated.patterns()],
            table=[f"{animation}.h5" for _, animation in animated.patterns()],
        log:
            "results/logs/vectors/{variant}/{doodle}/std{std}.log",
        wildcard_constraints:
            variant=any_of(stroke_variants),
            doodle="|".join(animated.doodles),
        group:
            "drawing"
        conda:
            "../../envs/inkbridge.yaml"
        resources:
            mem_mb=vectors_memory,
            runtime=resources.small_job_minutes(),
        params:
            methods=animated.methods,
            noise_std=noise_std,
            path=path_settings,
            frame_ms=frame_ms,
            colours=settings.animation.colours,
        message:
            "Writing the strokes of {wildcards.doodle} by {wildcards.variant}, noise std {wildcards.std}"
        script:
            "../scripts/vectors.py"
