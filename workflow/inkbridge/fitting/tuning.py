"""The numbers that tune the fits. An experiment changes one of them, and nothing else.

Pixels are those of the 64-pixel cell. The numbers that users set (steps, learning rates of the pixel fit, the weight of
the ink) are in :class:`inkbridge.config.settings.Fitting`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class LayoutTuning:
    """The numbers that tune how strokes are laid along strands."""

    tolerance: float = 0.3
    """Pixels of the cell that a stroke's points may be off before it is halved, in a drawing of 64 pixels. It falls
    with the square root of the drawing's side."""
    width_step: float = 0.7
    """Pixels of the drawing by which the pen's width may change along a stroke before it is cut."""
    shortest: int = 4
    """Points, about a pixel apart, of the shortest half."""
    most_knots: int = 40
    """Knots of a strand at most."""
    corner: float = 1.8
    """Turn, in radians, from which a strand has a corner: strokes that meet there need not meet smoothly."""
    corner_reach: int = 2
    """Points on both sides of a corner between which the turn is measured."""
    closed: float = 0.3
    """Pixels between the ends of a closed strand."""
    curl: float = 1e-3
    """Weight of squared second differences of control points: strokes curl only as far as their points do."""

    under: float = 0.5
    """Pixels from others up to which a stroke lies under them in a keyframe."""
    thinner: float = 0.2
    """Part of its width that a stroke loses on its way out from under others, or back."""


LAYOUT = LayoutTuning()
"""The default tuning of layouts."""


@dataclass(frozen=True)
class FinishTuning:
    """The numbers that tune the painter's finish. Pixels of softness and reach are those of the drawing."""

    first_size: int = 128
    """Largest side, in pixels, at which drawings are painted in the first steps: time grows with its square."""
    first_part: float = 0.7
    """Part of the steps that are the first ones."""
    largest: int = 256
    """Largest side, in pixels, at which drawings are painted in the other steps."""
    first_softness: float = 0.6
    """Softness of the edges at the first step: strokes feel ink that they do not quite touch."""
    last_softness: float = 0.17
    """Softness of a fitted doodle's edges: a ramp of about one pixel, as in a drawn sheet."""
    softening: float = 0.7
    """Part of the steps over which the softness falls."""
    reach_softnesses: float = 5.0
    """Strokes feel ink within this many softnesses of their edges. Beyond, they leave less than 1 % of their ink."""
    reach_pixels: float = 1.5
    """Strokes feel ink within at least this many pixels of their edges, however sharp they are."""
    learning_rate: float = 0.06
    """Peak learning rate of Adam for control points: pixels of the cell per step."""
    widths_learning_rate: float = 0.04
    """Peak learning rate of Adam for widths: pixels of the cell per step."""
    warmup: float = 0.1
    """Part of the steps in which the learning rates rise."""
    stay: float = 4e-3
    """Weight, per squared pixel of the cell, of moving a control point away from where it was traced."""
    stay_wide: float = 3e-3
    """Weight, per squared pixel of the cell, of changing the pen's width from what was measured."""
    narrowest: float = 0.5
    """Narrowest stroke, in pixels of the cell."""
    widest: float = 16.0
    """Widest stroke, in pixels of the cell."""
    least_ink: float = 1e-4
    """Ink stays this far from 0 and 1 in the cross-entropy, so that one wrong pixel cannot dominate the loss."""


FINISH = FinishTuning()
"""The default tuning of the painter's finish."""


@dataclass(frozen=True)
class SolveTuning:
    """The numbers that tune how the decoder learns to draw the strokes."""

    opaque_logit: float = 20.0
    """Logit of the opacity of every stroke. The opacity is 1 − 2·10⁻⁹, whatever the latent."""
    faintest: float = 0.01
    """Opacity of the strokes of a blank keyframe, and how much those of the others lack then. With logits that go up to
    those of 0 and 1, the decoder would make strokes flicker while they fade."""
    neighbourhood: float = 8.0
    """Standard deviation, in pixels, of the neighbourhood whose strokes of the network tell a stroke how noise moves
    it. It is wide, so that strokes that touch move together."""
    span_hidden: int = 64
    """Random units of the first layer that know where a latent is among those of the keyframes."""
    span_features: int = 256
    """Random features before the last layer that are made of these."""
    span_frequency: float = 3.0
    """Standard deviation, from one keyframe to the next, of the inputs of these units."""
    apart: float = 3.0
    """Least distance, in standard deviations of the latents, between the latents of keyframes that are drawn by strokes
    in different places."""
    same: float = 0.5
    """Pixels up to which strokes are in the same place."""
    swing: float = 1.0
    """How far strokes swing from the steady movement towards their own spline, if the method ``swings``."""
    moments: int = 20
    """Moments of each segment at which the decoder is given strokes to draw."""
    noise_std: float = 1.0
    """Largest standard deviation, in units of the latents, of the points beside the paths."""
    noisy_points: int = 4
    """Points beside the paths for each point on them."""
    path_weight: float = 1.0
    """Weight of the row of a point on a path."""
    beside_weight: float = 0.5
    """Weight of the row of a point beside the paths."""
    ink_steps: int = 2
    """Number of times that the widths of in-between strokes are corrected towards the wanted amount of ink."""
    ink_correction: tuple[float, float] = (0.85, 1.05)
    """Least and greatest factor by which one correction changes widths."""
    least_amount: float = 1.0
    """Amount of ink, in pixels, that corrections are relative to at least."""
    ridge: float = 1e-5
    """Ridge of the least squares, relative to the mean of the matrix's diagonal."""


SOLVE = SolveTuning()
"""The default tuning of the decoder's last layer."""


@dataclass(frozen=True)
class PixelFitTuning:
    """The numbers that tune the fit of a decoder of pixels."""

    warmup: float = 0.1
    """Part of the steps in which the learning rates rise."""
    betas: tuple[float, float] = (0.9, 0.97)
    """Decay of both moments of the gradient, per step. With 0.999, so short a fit ends before the second one has
    settled."""
    half_tone_weight: float = 0.002
    """Weight of half-tones between keyframes. Five times as much halves them again, but strokes become wider by half a
    pixel and lose ink."""
    least_amount: float = 1.0
    """Amount of ink, in pixels, that errors of the ink are relative to at least: between blank keyframes, a relative
    error would be infinite."""


PIXEL_FIT = PixelFitTuning()
"""The default tuning of pixel fits."""
