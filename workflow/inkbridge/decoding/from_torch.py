"""Torch's decoders → the layers that :mod:`inkbridge.decoding.decoder` applies."""

from torch import nn

from inkbridge.decoding.layers import Layer
from inkbridge.models.blocks import CoordConv2d, ResidualBlock
from inkbridge.models.strokes import StrokeLayer


def layers_of(module: nn.Module, name: str) -> list[Layer]:
    """Return the layers of ``module``, whose weights have the prefix ``name``, in the order in which they are applied.

    Raises :class:`NotImplementedError` for a layer that has no counterpart in :data:`inkbridge.decoding.layers.KINDS`.
    """
    match module:
        case nn.Sequential():
            return [layer for key, part in module.named_children() for layer in layers_of(part, f"{name}.{key}")]
        case ResidualBlock():
            return [{"kind": "residual", "layers": layers_of(module.change, f"{name}.change")}]
        case nn.Linear():
            return [{"kind": "linear", "name": name}]
        case nn.SiLU():
            return [{"kind": "silu"}]
        case StrokeLayer():
            return [{"kind": "strokes", "softness": module.softness, "merged": module.merged}]
        case nn.Unflatten():
            return [{"kind": "unflatten", "shape": list(module.unflattened_size)}]
        case nn.PixelShuffle():
            return [{"kind": "pixel_shuffle", "factor": module.upscale_factor}]
        case nn.Conv2d() if set(module.stride) == {1} and 2 * int(module.padding[0]) == module.kernel_size[0] - 1:
            return [{"kind": "convolution", "name": name, "coordinates": isinstance(module, CoordConv2d)}]
    raise NotImplementedError(
        f"{name}: {module} has no counterpart in inkbridge.decoding.layers; add one there and here"
    )
