"""EfficientNet-Lite0, which `keras.applications` does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    from autokeras_core.plugin import Tensor

__all__ = ["STAGES", "efficientnet_lite0"]

STAGES = (
    # blocks, kernel, stride of the first block, expansion, filters
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""The stages of the network, as published."""

_STEM_FILTERS = 32
_TOP_FILTERS = 1280
_EPSILON = 1e-3

# As published: EfficientNet draws kernels with the fan-out, so that the variance of gradients is kept.
_KERNEL = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2.0, "mode": "fan_out", "distribution": "untruncated_normal"},
}


def efficientnet_lite0(input_tensor: Tensor) -> Tensor:
    """Return the last feature map of EfficientNet-Lite0 on a tensor: an EfficientNet without squeeze-excitation.

    EfficientNet-B0 with ReLU6 in place of swish and without squeeze-excitation, made for phones and quick on a CPU
    (Tan and Le 2019, and the EfficientNet-Lite release of 2020). Convolutions have no bias and TensorFlow's padding
    `"same"`, which at stride 2 puts the odd pixel behind, not on both sides; batch normalization has an epsilon of
    1e-3. Stochastic depth is left out: it has no weights and is off at inference.

    The order of the layers that have weights is that of the published checkpoints:

    1. `stem_conv` (3x3, stride 2, 32 filters), `stem_bn`;
    2. for each block, named `block1a`, `block2a`, `block2b`, `block3a`, ... (stage and letter, see `STAGES`):
       `*_expand_conv` (1x1), `*_expand_bn`, but not in stage 1, which does not expand; `*_dwconv` (depthwise),
       `*_bn`; `*_project_conv` (1x1), `*_project_bn`. A block whose stride is 1 and whose filters stay the same adds
       its input (`*_add`);
    3. `top_conv` (1x1, 1280 filters), `top_bn`.

    Kernels have Keras's shapes: `(height, width, in, out)`, depthwise `(height, width, channels, 1)`; batch
    normalization has `gamma, beta, moving_mean, moving_variance`.

    Args:
        input_tensor: Pictures, shape `(batch, height, width, channels)`; for published weights RGB scaled to -1 to 1.

    Returns:
        The feature map, shape `(batch, height / 32, width / 32, 1280)`, both rounded up.

    Example:
        ```python
        pictures = keras.Input((224, 224, 3))
        network = keras.Model(pictures, efficientnet_lite0(pictures))
        ```
    """
    x = _normalized(_convolution(_STEM_FILTERS, 3, strides=2, name="stem_conv")(input_tensor), name="stem_bn")
    x = keras.layers.ReLU(6.0, name="stem_activation")(x)
    for stage, (blocks, kernel, stride, expansion, filters) in enumerate(STAGES, start=1):
        for index in range(blocks):
            x = _inverted_residual(
                x,
                kernel=kernel,
                strides=stride if index == 0 else 1,
                expansion=expansion,
                filters=filters,
                name=f"block{stage}{'abcd'[index]}",
            )
    x = _normalized(_convolution(_TOP_FILTERS, 1, name="top_conv")(x), name="top_bn")
    return keras.layers.ReLU(6.0, name="top_activation")(x)


def _inverted_residual(inputs: Tensor, *, kernel: int, strides: int, expansion: int, filters: int, name: str) -> Tensor:
    x = inputs
    channels = inputs.shape[-1]
    if expansion > 1:
        x = _convolution(channels * expansion, 1, name=f"{name}_expand_conv")(x)
        x = keras.layers.ReLU(6.0, name=f"{name}_expand_activation")(_normalized(x, name=f"{name}_expand_bn"))
    x = keras.layers.DepthwiseConv2D(
        kernel, strides=strides, padding="same", use_bias=False, depthwise_initializer=_KERNEL, name=f"{name}_dwconv"
    )(x)
    x = keras.layers.ReLU(6.0, name=f"{name}_activation")(_normalized(x, name=f"{name}_bn"))
    x = _normalized(_convolution(filters, 1, name=f"{name}_project_conv")(x), name=f"{name}_project_bn")
    if strides == 1 and channels == filters:
        x = keras.layers.Add(name=f"{name}_add")([inputs, x])
    return x


def _convolution(filters: int, kernel: int, *, name: str, strides: int = 1) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        filters, kernel, strides=strides, padding="same", use_bias=False, kernel_initializer=_KERNEL, name=name
    )


def _normalized(x: Tensor, *, name: str) -> Tensor:
    return keras.layers.BatchNormalization(epsilon=_EPSILON, name=name)(x)
