"""A talking head from few pictures: who it is becomes styles, landmarks become places."""

import torch
from torch import Tensor, nn

from sdl_lib.gan.mapping import adain


class TalkingHead(nn.Module):
    """An embedder of pictures and a generator that takes the embedding through AdaIN.

    The plan of Zakharov et al. (2019) in small, for the cartoons of
    :func:`sdl_lib.data.cartoon_heads`. 102,443 parameters. It is never told a name: a person whom
    it has not seen is a mean of a few embeddings.

    Parameters
    ----------
    embedding : numbers that stand for a person

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """

    def __init__(self, embedding: int = 48) -> None:
        super().__init__()
        self.embedder = nn.Sequential(
            nn.Conv2d(6, 16, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, 32, 3, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(32, 48, 3, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(48 * 16, embedding),
        )
        self.outline = nn.Sequential(
            nn.Conv2d(5, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 3, 2, 1)
        )
        self.blocks = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1)
            for before, after in ((32, 32), (32, 32), (32, 24), (24, 16))
        )
        self.styles = nn.ModuleList(nn.Linear(embedding, 2 * size) for size in (32, 32, 24, 16))
        self.output = nn.Conv2d(16, 3, 3, padding=1)

    def embed(self, x: Tensor, sketch: Tensor) -> Tensor:
        """The person (n, embedding) in k pictures and their landmarks, each (n, k, 3, 32, 32)."""
        found = self.embedder(torch.cat([x, sketch], 2).flatten(0, 1))
        mean: Tensor = found.unflatten(0, x.shape[:2]).mean(1)
        return mean

    def forward(self, sketch: Tensor, who: Tensor) -> Tensor:
        """Pictures (n, 3, 32, 32) in (0, 1) of persons ``who`` with landmarks ``sketch``."""
        at = torch.linspace(-1, 1, sketch.shape[-1]).to(sketch)
        place = torch.stack([at.expand(len(at), -1), at[:, None].expand(-1, len(at))])
        h = self.outline(torch.cat([sketch, place.expand(len(sketch), -1, -1, -1)], 1))
        for k, (block, style) in enumerate(zip(self.blocks, self.styles, strict=True)):
            if k >= 2:
                h = nn.functional.interpolate(h, scale_factor=2.0)
            scale, shift = style(who).chunk(2, 1)
            h = nn.functional.leaky_relu(adain(block(h), 1 + scale, shift), 0.2)
        drawn: Tensor = self.output(h).sigmoid()
        return drawn
