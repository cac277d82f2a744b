"""The numbers that tune the fits. An experiment changes one of them, and nothing else.

Pixels are those of the 64-pixel cell. The numbers that users set (steps, learning rates of the pixel fit, the weight of
the ink) are in :class:`inkbridge.config.settings.Fitting`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms of the stroke fit's loss (:class:`inkbridge.fitting.loss.LossTerms`).

    The cross-entropy of the keyframes, in nats per pixel, has weight 1; the ink has ``fitting.ink_weight``.
    """

    pieces: float = 0.01
    """Per pixel of gap: enough to close it, too little to bend strokes that are already joined."""
    curl: float = 1e-4
    """Per squared pixel of second difference: strokes stay nearly straight unless other terms bend them."""
    bends: float = 1e-3
    """Per squared pixel of bend: movements stay straight unless the ink would change."""
    widths: float = 1e-3
    """Per squared pixel of difference from the median width: a drawing is made with one pen."""
    similarity: float = 2e-3
    """Per squared pixel between strokes of keyframes with similar latents: the decoder can hardly tell such latents
    apart."""


@dataclass(frozen=True)
class StrokeFitTuning:
    """The numbers that tune the fit of a decoder that draws strokes, in the order in which they are used."""

    # --- initialise ---

    off_span_damping: float = 0.3
    """Factor on the part of a latent that lies outside the span of the keyframes. Nearly all noise lies there; damped,
    it makes a drawing shiver and does not tear it apart."""
    span_tolerance: float = 1e-4
    """Directions whose singular value is below this part of the largest do not belong to the span."""
    used_opacity: float = 0.5
    """A stroke is in use if its opacity exceeds this in some keyframe. The others become parts of longer strokes."""
    opaque_logit: float = 20.0
    """Logit of the opacity of every stroke from then on. The opacity is 1 − 2·10⁻⁹, whatever the latent."""
    faint_opacity: float = 0.35
    """Opacity below which a stroke is not meant to be seen in a keyframe."""
    hidden_scale: float = 0.1
    """Size of a hidden stroke, as a part of its former size: nearly a dot, but its points stay apart and can move
    freely."""

    # --- optimise ---

    first_softness: float = 1.5
    """Softness of the edges at the first step, in pixels: strokes feel ink that they do not touch."""
    last_softness: float = 0.17
    """Softness of a fitted doodle's edges, in pixels of the image: a ramp of about one pixel, as in a drawn sheet."""
    softening: float = 0.7
    """Part of the steps over which the softness falls."""
    reach_softnesses: float = 5.0
    """Strokes feel ink within this many softnesses of their edges. Beyond, they leave less than 1 % of their ink."""
    reach_pixels: float = 2.5
    """Strokes feel ink within at least this many pixels of their edges, however sharp they are."""
    narrowest: float = 1.2
    """Narrowest stroke in pixels."""
    widest: float = 6.0
    """Widest stroke in pixels."""
    points_learning_rate: float = 0.4
    """Peak learning rate of Adam for control points: pixels per step."""
    widths_learning_rate: float = 0.06
    """Peak learning rate of Adam for widths: pixels per step."""
    bends_learning_rate: float = 0.4
    """Peak learning rate of Adam for the bends of the movements: pixels per step."""
    betas: tuple[float, float] = (0.9, 0.99)
    """Decay rates of Adam's moments. The second is lower than usual (0.999), because the softness changes the size of
    the gradients within hundreds of steps."""
    warmup: float = 0.05
    """Part of the steps in which the learning rates rise."""
    least_ink: float = 1e-4
    """Ink stays this far from 0 and 1 in the cross-entropy, so that one wrong pixel cannot dominate the loss."""
    pieces_onset: float = 0.5
    """Part of the steps over which the weight of the pieces rises from 0, so that strokes find their places first."""
    overlap: float = 0.5
    """Pixels by which two strokes must overlap to count as one piece of ink."""
    least_amount: float = 1.0
    """Amount of ink, in pixels, that errors of the ink are relative to at least: between blank keyframes, a relative
    error would be infinite."""
    similar_distance: float = 1.0
    """Distance between latents, in their standard deviations, at which keyframes count as half similar."""
    weights: LossWeights = LossWeights()

    # --- solve ---

    swing: float = 0.25
    """How far strokes swing from the steady movement towards their own path, if the method ``swings`` as the cubic one
    does: the whole way would change the ink by a tenth (docs/experiments.md)."""
    moments: int = 20
    """Moments of each segment at which the decoder is given strokes to draw."""
    noise_std: float = 0.6
    """Largest standard deviation, in units of the latents, of the points beside the paths."""
    noisy_points: int = 4
    """Points beside the paths for each point on them."""
    keyframe_weight: float = 6.0
    """Weight of a keyframe's row in the least squares. It is high, because keyframes have to be exact."""
    path_weight: float = 1.0
    """Weight of the row of a point on a path."""
    beside_weight: float = 0.1
    """Weight of the row of a point beside the paths."""
    ink_steps: int = 2
    """Number of times that the widths of in-between strokes are corrected towards the wanted amount of ink."""
    ink_correction: tuple[float, float] = (0.75, 1.3)
    """Least and greatest factor by which one correction changes widths."""
    ridge: float = 1e-7
    """Ridge of the least squares, relative to the mean of the matrix's diagonal."""


STROKE_FIT = StrokeFitTuning()
"""The default tuning of stroke fits."""


@dataclass(frozen=True)
class PixelFitTuning:
    """The numbers that tune the fit of a decoder of pixels."""

    warmup: float = 0.1
    """Part of the steps in which the learning rates rise."""
    least_amount: float = 1.0
    """Amount of ink, in pixels, that errors of the ink are relative to at least: between blank keyframes, a relative
    error would be infinite."""


PIXEL_FIT = PixelFitTuning()
"""The default tuning of pixel fits."""
