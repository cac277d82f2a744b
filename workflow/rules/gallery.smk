rule gallery:
    input:
        animations=for_each_variant(
            for_each_doodle(
                for_each_path("results/animations/{variant}/{doodle}/{method}_std{std}.gif")
            )
        ),
        keyframes=for_each_doodle("results/doodles/{doodle}/keyframes.png"),
        reconstructions=for_each_variant(
            for_each_doodle("results/animations/{variant}/{doodle}/reconstruction.png")
        ),
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
        methods=settings.animation.methods,
        noise_stds=list(noise_stds),
    message:
        "Hanging the gallery: results/gifs/index.html"
    script:
        "../scripts/hang_gallery.py"
