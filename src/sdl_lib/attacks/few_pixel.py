"""A few pixels: a search that plays for them, guided by features of the picture, black-box."""

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.gradient import check_arguments, check_logits
from sdl_lib.attacks.keypoints import Keypoints, keypoints
from sdl_lib.attacks.square_attack import Asked
from sdl_lib.attacks.verdict import clearly_fooled, depth

_LEARN = 2.0  # how fast the first player turns to features that have paid
_ANYWHERE = 0.25  # share of the looks that go to any pixel at all
_NEAR = 1.5  # pixels: the reach of the feature that a recoloured pixel becomes


def few_pixel(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    target: Tensor | None = None,
    pixels: int = 20,
    looks: int = 64,
    colours: Tensor | None = None,
    features: int = 16,
    generator: torch.Generator | None = None,
) -> Asked:
    """Recolour one pixel after the other; each is the best of ``looks`` that were tried.

    A game of two players who want the same: the first names a feature of the picture, by
    multiplicative weights, and the second a pixel near it and a colour.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`; ``x`` are pictures, no gradient is asked for
    pixels : at most so many are recoloured
    looks : candidates, and so queries, a pixel
    colours : Tensor, shape (k, c), in [0, 1]; default: the corners of the colour cube
    features : blobs of the picture to choose from; with 0 any pixel is as likely as another
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    x_adv : Tensor as ``x``; a row that failed is the row of ``x``, unchanged
    success : BoolTensor, shape (n,)
    queries : LongTensor, shape (n,): pictures that the model was shown, ``x`` included

    Raises
    ------
    ValueError : as :func:`fgsm`; if ``x`` are no pictures; for a bad setting.

    References
    ----------
    Wicker, Huang & Kwiatkowska (2018), whose game it is; their players search a tree. Explained
    in :doc:`/book/security/black-box-and-sparse`.
    """
    check_arguments(model, x, y, None, target)
    palette = _palette(x, colours)
    for name, value in (("pixels", pixels), ("looks", looks)):
        validate.count(value, name)
    validate.count(features, "features", least=0)
    x = x.detach()
    queries = torch.ones(len(x), dtype=torch.int64, device=x.device)
    if len(x) == 0:
        return Asked(x.clone(), queries.bool(), queries)
    source = generator or torch.Generator().manual_seed(0)
    success = clearly_fooled(check_logits(model, x, y, target), y, target)
    x_adv = x.clone()
    rows = (~success).nonzero().flatten()
    points = keypoints(x, features) if features else None
    for _ in range(pixels):
        if len(rows) == 0:
            break
        aims = None if target is None else target[rows]
        game = None if points is None else Keypoints(*(part[rows] for part in points))
        place, chosen = _places(x_adv[rows], looks, game, source)
        tried = _recoloured(x_adv[rows], place, palette, source)
        logits = training.predict(model, tried.flatten(0, 1))
        labels, targets = _repeat(y[rows], looks), None if aims is None else _repeat(aims, looks)
        lead = depth(logits, labels, targets).view(-1, looks)
        best = lead.argmax(1)
        each = torch.arange(len(rows), device=x.device)
        x_adv[rows] = tried[each, best]
        queries[rows] += looks
        if points is not None:
            _learn(points, rows, chosen, lead, place[each, best], x.shape[3])
        hit = clearly_fooled(logits, labels, targets).view(-1, looks)[each, best]
        success[rows] = hit
        rows = rows[~hit]
    _restore(model, x, x_adv, y, target, success, queries)
    keep = success.view(-1, 1, 1, 1)
    return Asked(torch.where(keep, x_adv, x), success, queries)


def _palette(x: Tensor, colours: Tensor | None) -> Tensor:
    """The colours as (k, c), checked."""
    if x.ndim != 4:
        raise ValueError(f"x: expected pictures (n, c, h, w), found shape {tuple(x.shape)}")
    channels = x.shape[1]
    if colours is None:
        if channels > 3:
            raise ValueError(f"colours: name them for pictures of {channels} channels")
        corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * channels)
        return corners.view(-1, channels).to(x)
    validate.images(colours, "colours")
    if colours.shape[1:] != (channels,) or len(colours) == 0:
        found = tuple(colours.shape)
        raise ValueError(f"colours: expected shape (k, {channels}), found {found}")
    return colours.to(x)


def _repeat(values: Tensor, times: int) -> Tensor:
    return values.repeat_interleave(times)


def _places(
    here: Tensor, looks: int, game: Keypoints | None, source: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Numbers of pixels to try, shape (n, looks), and the feature that each was chosen by."""
    n, _, height, width = here.shape
    place = torch.randint(height * width, (n, looks), generator=source).to(here.device)
    if game is None:
        return place, torch.zeros_like(place)
    chosen = torch.multinomial(game.weight.cpu(), looks, True, generator=source).to(here.device)
    offset = torch.randn(2, n, looks, generator=source).to(here)
    spread = game.scale.gather(1, chosen)
    row = (game.row.gather(1, chosen) + spread * offset[0]).round().clamp(0, height - 1)
    column = (game.column.gather(1, chosen) + spread * offset[1]).round().clamp(0, width - 1)
    free = torch.rand(n, looks, generator=source).to(here) < _ANYWHERE
    return torch.where(free, place, (row * width + column).long()), chosen


def _recoloured(here: Tensor, place: Tensor, palette: Tensor, source: torch.Generator) -> Tensor:
    """Pictures (n, looks, c, h, w), each with the pixel at its place in a colour drawn at random."""
    n, channels, height, width = here.shape
    looks = place.shape[1]
    shade = torch.randint(len(palette), (n, looks), generator=source).to(here.device)
    tried = here.flatten(2).unsqueeze(1).expand(-1, looks, -1, -1).clone()
    at = place.view(n, looks, 1, 1).expand(-1, -1, channels, 1)
    tried.scatter_(3, at, palette[shade].unsqueeze(3))
    return tried.view(n, looks, channels, height, width)


def _learn(
    points: Keypoints, rows: Tensor, chosen: Tensor, lead: Tensor, played: Tensor, width: int
) -> None:
    """Multiplicative weights: a feature gains by the best pixel that it offered; in place.

    The pixel that was played becomes a feature, in the place of the one of least weight.
    """
    weight = points.weight[rows]
    low, high = lead.amin(1, keepdim=True), lead.amax(1, keepdim=True)
    reward = (lead - low) / (high - low).clamp_min(torch.finfo(lead.dtype).tiny)
    best = torch.zeros_like(weight).scatter_reduce_(1, chosen, reward.to(weight), "amax")
    weight = weight * torch.exp(_LEARN * best)
    idle = weight.argmin(1)
    points.row[rows, idle] = (played // width).to(weight)
    points.column[rows, idle] = (played % width).to(weight)
    points.scale[rows, idle] = _NEAR
    weight[torch.arange(len(rows)), idle] = weight.amax(1)
    points.weight[rows] = weight / weight.sum(1, keepdim=True)


def _restore(
    model: nn.Module,
    x: Tensor,
    x_adv: Tensor,
    y: Tensor,
    target: Tensor | None,
    success: Tensor,
    queries: Tensor,
) -> None:
    """Give back, one after the other, pixels that a success does not need; works in place."""
    changed = (x_adv != x).any(1).flatten(1)
    for _ in range(int(changed[success].sum(1).max()) if bool(success.any()) else 0):
        rows = (success & changed.any(1)).nonzero().flatten()
        place = changed[rows].to(torch.uint8).argmax(1)
        changed[rows, place] = False
        tried = x_adv[rows].flatten(2)
        at = place.view(-1, 1, 1).expand(-1, x.shape[1], 1)
        tried = tried.scatter(2, at, x[rows].flatten(2).gather(2, at)).view_as(x_adv[rows])
        aims = None if target is None else target[rows]
        free = clearly_fooled(training.predict(model, tried), y[rows], aims)
        queries[rows] += 1
        x_adv[rows[free]] = tried[free]
