"""Two readers of text, letter by letter: a recurrent one, and one that looks back."""

import torch
from torch import Tensor, nn

from sdl_lib.sequences.attention import multi_head_attention
from sdl_lib.sequences.characters import ALPHABET


class CharGRU(nn.Module):
    """A gated recurrent network that predicts the next character.

    Parameters
    ----------
    classes : size of the alphabet
    width : numbers that stand for a character
    hidden : numbers that the network remembers; the shipped weights have 128 (68,326 parameters)
    """

    def __init__(self, classes: int = len(ALPHABET), *, width: int = 32, hidden: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, width)
        self.gru = nn.GRU(width, hidden, batch_first=True)
        self.output = nn.Linear(hidden, classes)

    def forward(self, codes: Tensor) -> Tensor:
        """Logits (n, T, classes): at each place of ``codes`` (n, T), for what comes next."""
        return self.read(self.embedding(codes))

    def read(self, x: Tensor) -> Tensor:
        """The same from embedded characters ``x`` (n, T, width): here a gradient can arrive."""
        states, _ = self.gru(x)
        logits: Tensor = self.output(states)
        return logits


class CausalTransformer(nn.Module):
    """A small transformer decoder: attention to the past, then a perceptron, a few times.

    Layer norm comes before each part; positions are learnt. No dropout: it gives the same
    answers in training as in evaluation mode.

    Parameters
    ----------
    classes : size of the alphabet
    width : numbers a place
    heads, layers : attention heads a layer, and layers
    context : the most characters it can read
    """

    def __init__(
        self,
        classes: int = len(ALPHABET),
        *,
        width: int = 64,
        heads: int = 4,
        layers: int = 2,
        context: int = 64,
    ) -> None:
        super().__init__()
        self.context = context
        self.embedding = nn.Embedding(classes, width)
        self.positions = nn.Parameter(0.02 * torch.randn(context, width))
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, classes)

    def forward(self, codes: Tensor) -> Tensor:
        """Logits (n, T, classes) for ``codes`` (n, T): at each place, for what comes next."""
        return self.read(self.embedding(codes))

    def read(self, x: Tensor) -> Tensor:
        """The same from embedded characters ``x`` (n, T, width): here a gradient can arrive."""
        return self._run(x)[0]

    def attention_maps(self, codes: Tensor) -> Tensor:
        """Attention weights, shape (layers, n, heads, T, T); row = who looks, column = at whom."""
        return torch.stack([weights for _, weights in self._run(self.embedding(codes))[1]])

    def attention_values(self, codes: Tensor) -> Tensor:
        """What the weights of :meth:`attention_maps` mix, (layers, n, heads, T, width / heads)."""
        read = self._run(self.embedding(codes))[1]
        return torch.stack([b.values(x) for b, (x, _) in zip(self._stack(), read, strict=True)])

    def _stack(self) -> list["_Block"]:
        return [block for block in self.blocks if isinstance(block, _Block)]

    def _run(self, x: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Logits, and for each block what it read and the weights of its attention."""
        length = x.shape[1]
        if length > self.context:
            raise ValueError(f"codes: expected at most {self.context} characters, found {length}")
        x = x + self.positions[:length]
        read = []
        for block in self._stack():
            after, weights = block(x)
            read.append((x, weights))
            x = after
        logits: Tensor = self.output(self.norm(x))
        return logits, read


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project_in = nn.Linear(width, 3 * width)
        self.project_out = nn.Linear(width, width)
        self.perceptron = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        found = multi_head_attention(
            self.norm_1(x),
            heads=self.heads,
            in_proj_weight=self.project_in.weight,
            in_proj_bias=self.project_in.bias,
            out_proj_weight=self.project_out.weight,
            out_proj_bias=self.project_out.bias,
        )
        x = x + found.output
        changed: Tensor = x + self.perceptron(self.norm_2(x))
        return changed, found.weights

    def values(self, x: Tensor) -> Tensor:
        """The values that this block's heads mix when it reads ``x``, (n, heads, T, ...)."""
        value: Tensor = self.project_in(self.norm_1(x)).chunk(3, dim=-1)[2]
        heads: Tensor = value.unflatten(-1, (self.heads, -1))
        return heads.transpose(1, 2)
