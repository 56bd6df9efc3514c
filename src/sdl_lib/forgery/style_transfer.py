"""One picture's content in another's manner: two losses on the features of a network."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from sdl_lib import validate

Features = Callable[[Tensor], Sequence[Tensor]]


def gram_matrix(features: Tensor) -> Tensor:
    """Mean products of every two channels over all places: (n, c, h, w) to (n, c, c).

    It says which features occur together and not where: any shuffling of the places leaves it as
    it is. Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    validate.finite_batch(features, "features")
    if features.ndim != 4 or features.shape[2] * features.shape[3] == 0:
        found = tuple(features.shape)
        raise ValueError(f"features: expected shape (n, c, h, w), found {found}")
    flat = features.flatten(2)
    return flat @ flat.mT / flat.shape[2]


def style_distance(features: Features, x: Tensor, style: Tensor) -> Tensor:
    """The mean over layers of the squared distance of Gram matrices, relative to ``style``'s.

    0 for a picture of the same manner, 1 for one without any features. ``features`` gives a list
    of tensors (1, c, h, w). Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    with torch.no_grad():
        wanted = [gram_matrix(layer) for layer in features(style)]
    return _apart([gram_matrix(layer) for layer in features(x)], wanted)


def style_transfer(
    features: Features,
    content: Tensor,
    style: Tensor,
    *,
    content_weight: float = 0.1,
    smoothness: float = 1.0,
    steps: int = 60,
    lr: float = 0.1,
) -> Tensor:
    """Paint ``content`` in the manner of ``style``, by optimising its pixels with Adam.

    Parameters
    ----------
    features : from a picture to a list of layers (1, c, h, w); the Gram matrices of all of them
        make the manner, the last as it is makes the content
    content : Tensor, shape (1, c, h, w), values in [0, 1]: also the first guess
    style : Tensor, shape (1, c, h', w'), values in [0, 1]
    content_weight : of the relative squared error of the last layer
    smoothness : of the mean squared difference of neighbouring pixels
    steps, lr : of Adam on the logits of the pixels, so that they stay in [0, 1]

    References
    ----------
    Gatys, Ecker & Bethge (2016). Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    for x, name in ((content, "content"), (style, "style")):
        validate.images(x, name)
        if x.ndim != 4 or len(x) != 1:
            raise ValueError(f"{name}: expected one picture (1, c, h, w), found {tuple(x.shape)}")
    validate.radius(content_weight, "content_weight")
    validate.radius(smoothness, "smoothness")
    validate.count(steps, "steps")
    with torch.no_grad():
        manner = [gram_matrix(layer) for layer in features(style)]
        motif = features(content)[-1]
    u = torch.logit(content.detach().clamp(0.02, 0.98)).requires_grad_()
    optimiser = torch.optim.Adam([u], lr=lr)
    for _ in range(steps):
        with torch.enable_grad():
            x = u.sigmoid()
            layers = features(x)
            loss = _apart([gram_matrix(layer) for layer in layers], manner)
            loss = loss + content_weight * _relative(layers[-1], motif)
            rough = x.diff(dim=2).square().mean() + x.diff(dim=3).square().mean()
            (u.grad,) = torch.autograd.grad(loss + smoothness * rough, u)
        optimiser.step()
    return u.detach().sigmoid()


def _apart(grams: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    return torch.stack([_relative(a, b) for a, b in zip(grams, wanted, strict=True)]).mean()


def _relative(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).square().sum() / b.square().sum().clamp(min=1e-12)
