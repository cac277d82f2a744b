"""Ways through latent space.

In: the latents of keyframes. Out: the latents of every frame. Imports ``support`` alone."""
