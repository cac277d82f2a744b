rule gallery:
    input:
        animations=for_all("results/animations/{variant}/{doodle}/{method}_std{std}.gif"),
        sprites=for_all("results/animations/{variant}/{doodle}/{method}_std{std}.webp"),
        records=for_all("results/animations/{variant}/{doodle}/{method}_std{std}.json"),
        svgs=for_all("results/animations/{variant}/{doodle}/{method}_std{std}.svg", stroke_variants),
        tables=for_all(
            "results/animations/{variant}/{doodle}/{method}_std{std}.h5", stroke_variants
        ),
        reconstructions=for_all("results/animations/{variant}/{doodle}/reconstruction.png"),
        keyframes=for_all("results/doodles/{doodle}/keyframes.png"),
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
        stroke_variants=stroke_variants,
        methods=settings.animation.methods,
        noise_stds=list(noise_stds),
    message:
        "Hanging the gallery: results/gifs/index.html"
    script:
        "../scripts/hang_gallery.py"
