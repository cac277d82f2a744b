rule gallery:
    input:
        animations=for_all(f"{results.ANIMATION}.gif"),
        sprites=for_all(f"{results.ANIMATION}.webp"),
        records=for_all(f"{results.ANIMATION}.json"),
        svgs=for_all(f"{results.ANIMATION}.svg", stroke_variants),
        tables=for_all(f"{results.ANIMATION}.h5", stroke_variants),
        reconstructions=for_all("results/animations/{variant}/{doodle}/reconstruction.png"),
        keyframes=for_all("results/doodles/{doodle}/keyframes.png"),
        matches=for_all("results/doodles/{doodle}/match.png", stroke_variants),
        interpolation="results/reports/interpolation.csv",
        doodles="results/reports/doodles.csv",
        reports="results/reports/index.html",
    output:
        directory("results/gifs"),
    log:
        "results/logs/gallery.log",
    conda:
        "../../envs/inkbridge.yaml"
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
