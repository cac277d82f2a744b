rule gallery:
    input:
        # Functions, so that thousands of files are listed only if the gallery is wanted.
        animations=lambda _: for_all(f"{results.ANIMATION}.gif"),
        sprites=lambda _: for_all(f"{results.ANIMATION}.webp"),
        records=lambda _: for_all(f"{results.ANIMATION}.json"),
        svgs=lambda _: for_all(f"{results.ANIMATION}.svg", stroke_variants),
        tables=lambda _: for_all(f"{results.ANIMATION}.h5", stroke_variants),
        reconstructions=lambda _: for_all(
            "results/animations/{variant}/{doodle}/reconstruction.png"
        ),
        keyframes=lambda _: for_all("results/doodles/{doodle}/keyframes.png"),
        matches=lambda _: for_all("results/doodles/{doodle}/match.png", stroke_variants),
        interpolation="results/reports/interpolation.csv",
        doodles="results/reports/doodles.csv",
        reports="results/reports/index.html",
    output:
        directory("results/gifs"),
    log:
        "results/logs/gallery.log",
    conda:
        "../../envs/inkbridge.yaml"
    resources:
        mem_mb=resources.SMALL_JOB,
        runtime=resources.small_job_minutes(),
    params:
        doodles=list(settings.doodles),
        variants=list(settings.variants),
        # One entry for each file of a kind, in the order of the files.
        animations=results.names_of_animations(settings, settings.variants),
        drawn=results.names_of_animations(settings, stroke_variants),
    message:
        "Publishing the gallery: results/gifs/index.html"
    script:
        "../scripts/gallery.py"
