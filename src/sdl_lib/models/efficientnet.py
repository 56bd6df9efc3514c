"""EfficientNet-Lite0: a real ImageNet network of 4.7 million parameters."""

import torch
from torch import Tensor, nn

# One row a stage, after table 1 of Tan & Le (2019):
# blocks, kernel, stride of the first block, channels in, channels out, expansion
_STAGES = (
    (1, 3, 1, 32, 16, 1),
    (2, 3, 2, 16, 24, 6),
    (2, 5, 2, 24, 40, 6),
    (3, 3, 2, 40, 80, 6),
    (3, 5, 1, 80, 112, 6),
    (4, 5, 2, 112, 192, 6),
    (1, 3, 1, 192, 320, 6),
)


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 for 224 x 224 colour pictures and 1,000 classes.

    Takes pictures of shape (n, 3, 224, 224) in [0, 1] and normalises them itself, so that an
    attack's radius is in units of pixel value. "Lite" means: ReLU6 in place of swish, and no
    squeeze-and-excitation, so that it can be quantised.

    References
    ----------
    Tan & Le (2019), "EfficientNet: rethinking model scaling for convolutional neural networks".
    Explained in :doc:`/book/fundamentals/representations-and-transfer`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        # what this network was trained with: (x - 127) / 128 on bytes
        self.register_buffer("mean", torch.tensor(0.498), persistent=False)
        self.register_buffer("std", torch.tensor(0.502), persistent=False)
        self.stem = _conv(3, 32, 3, stride=2)
        blocks = []
        for repeats, kernel, stride, before, after, expansion in _STAGES:
            for i in range(repeats):
                first = i == 0
                blocks.append(
                    _Block(
                        before if first else after, after, kernel, stride if first else 1, expansion
                    )
                )
        self.blocks = nn.Sequential(*blocks)
        self.head = _conv(320, 1280, 1)
        self.classifier = nn.Linear(1280, 1000)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of shape (n, 1000) for ``x`` of shape (n, 3, 224, 224) in [0, 1]."""
        features = self.head(self.blocks(self.stem((x - self.mean) / self.std)))
        logits: Tensor = self.classifier(features.mean((2, 3)))
        return logits


class _Block(nn.Module):
    """Inverted residual: widen, filter each channel, narrow; add the input where shapes agree."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        self.expand = _conv(before, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = _conv(wide, wide, kernel, stride=stride, groups=wide)
        self.project = nn.Sequential(*list(_conv(wide, after, 1))[:2])
        self.residual = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


def _conv(
    before: int, after: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU6."""
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after, eps=1e-3),
        nn.ReLU6(),
    )


def rename(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the published file under the names of :class:`EfficientNetLite0`."""
    parts = {
        "_expand_conv": "expand.0",
        "_depthwise_conv": "depthwise.0",
        "_project_conv": "project.0",
        "_bn0": "expand.1",
        "_bn1": "depthwise.1",
        "_bn2": "project.1",
    }
    whole = {
        "_conv_stem": "stem.0",
        "_bn0": "stem.1",
        "_conv_head": "head.0",
        "_bn1": "head.1",
        "_fc": "classifier",
    }
    renamed = {}
    for key, tensor in published.items():
        *path, leaf = key.split(".")
        if path[0] == "_blocks":
            renamed[f"blocks.{path[1]}.{parts[path[2]]}.{leaf}"] = tensor
        else:
            renamed[f"{whole[path[0]]}.{leaf}"] = tensor
    return renamed
