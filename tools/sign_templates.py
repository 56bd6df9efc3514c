"""Draw traffic lights and signs, seen from the front, as small pictures with transparency.

Shapes are laid over each other on a fine grid and averaged down: edges come out smooth. The
signs follow the Vienna Convention on Road Signs loosely; none is a copy of a picture.
"""

import numpy as np

SIZE, FINE = 40, 12  # pixels of a template, and grid points a pixel
WHITE, BLACK, RED, BLUE = (
    (0.93, 0.93, 0.9),
    (0.08, 0.08, 0.09),
    (0.78, 0.07, 0.1),
    (0.05, 0.25, 0.62),
)
YELLOW, GREY = (0.95, 0.75, 0.1), (0.16, 0.17, 0.18)
LAMPS = {"red": (1.0, 0.12, 0.1), "amber": (1.0, 0.7, 0.1), "green": (0.1, 0.92, 0.5)}
NAMES = (
    "red light",
    "amber light",
    "green light",
    "dark light",
    "stop",
    "limit 30",
    "limit 80",
    "limit 120",
    "give way",
    "no entry",
    "turn right",
    "straight on",
    "priority road",
)
# five columns, seven rows, a bit a point
FONT = {
    "0": "01110 10001 10001 10001 10001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "S": "01111 10000 10000 01110 00001 00001 11110",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "O": "01110 10001 10001 10001 10001 10001 01110",
    "P": "11110 10001 10001 11110 10000 10000 10000",
}

Colour = tuple[float, float, float]


class Sheet:
    """A transparent square, x and y from -1 to 1, on which shapes are laid."""

    def __init__(self) -> None:
        ticks = (np.arange(SIZE * FINE) + 0.5) / (SIZE * FINE) * 2 - 1
        self.x, self.y = np.meshgrid(ticks, ticks)
        self.ink = np.zeros((*self.x.shape, 4))

    def lay(self, where: np.ndarray, colour: Colour) -> None:
        self.ink[where] = (*colour, 1.0)

    def disc(self, radius: float, colour: Colour, x: float = 0, y: float = 0) -> None:
        self.lay((self.x - x) ** 2 + (self.y - y) ** 2 < radius**2, colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        inside = (self.x > left) & (self.x < right) & (self.y > top) & (self.y < bottom)
        self.lay(inside, colour)

    def polygon(self, sides: int, radius: float, turn: float, colour: Colour) -> None:
        """A regular polygon whose sides are ``radius`` away from the middle."""
        angles = 2 * np.pi * (np.arange(sides) + turn) / sides
        far = [self.x * np.cos(a) + self.y * np.sin(a) for a in angles]
        self.lay(np.max(far, axis=0) < radius, colour)

    def text(self, letters: str, width: float, height: float, colour: Colour) -> None:
        """The letters, six columns each with the gap, centred."""
        rows = [FONT[letter].split() for letter in letters]
        bits = np.array([[int(b) for b in "0".join(r[i] for r in rows)] for i in range(7)])
        column = np.floor((self.x / width + 0.5) * bits.shape[1]).astype(int)
        row = np.floor((self.y / height + 0.5) * 7).astype(int)
        inside = (column >= 0) & (column < bits.shape[1]) & (row >= 0) & (row < 7)
        on = np.zeros_like(inside)
        on[inside] = bits[row[inside], column[inside]] == 1
        self.lay(on, colour)

    def arrow(self, colour: Colour, *, right: bool) -> None:
        along, across = (self.x, self.y) if right else (-self.y, self.x)
        shaft = (np.abs(across) < 0.13) & (along > -0.6) & (along < 0.2)
        head = (along > 0.1) & (along < 0.65) & (np.abs(across) < 0.85 * (0.65 - along))
        self.lay(shaft | head, colour)

    def small(self) -> np.ndarray:
        """Averaged to ``SIZE`` pixels a side, colours multiplied by the opacity, as bytes."""
        cells = self.ink.reshape(SIZE, FINE, SIZE, FINE, 4).mean((1, 3))
        pixels: np.ndarray = np.rint(cells * 255).astype(np.uint8)
        return pixels


def light(lit: str | None) -> Sheet:
    """A signal with three lamps in a dark housing, of which one or none is lit."""
    sheet = Sheet()
    sheet.box(-0.46, -0.98, 0.46, 0.98, GREY)
    for place, (name, colour) in zip((-0.62, 0.0, 0.62), LAMPS.items(), strict=True):
        shine = colour if name == lit else tuple(0.16 * c + 0.1 for c in colour)
        sheet.disc(0.29, shine, y=place)  # type: ignore[arg-type]
    return sheet


def limit(number: str) -> Sheet:
    """White in a red ring, a number on it."""
    sheet = Sheet()
    sheet.disc(0.97, RED)
    sheet.disc(0.74, WHITE)
    sheet.text(number, 0.36 * len(number) + 0.12, 0.72, BLACK)
    return sheet


def draw(name: str) -> np.ndarray:
    """The template called ``name``: bytes, shape (SIZE, SIZE, 4)."""
    kind, _, detail = name.partition(" ")
    sheet = Sheet()
    if detail == "light":
        sheet = light(kind if kind in LAMPS else None)
    elif kind == "limit":
        sheet = limit(detail)
    elif name == "stop":
        sheet.polygon(8, 0.95, 0.0, WHITE)
        sheet.polygon(8, 0.88, 0.0, RED)
        sheet.text("STOP", 1.46, 0.6, WHITE)
    elif name == "give way":
        sheet.polygon(3, 0.49, 0.25 - 1, RED)
        sheet.polygon(3, 0.27, 0.25 - 1, WHITE)
    elif name == "no entry":
        sheet.disc(0.97, RED)
        sheet.box(-0.68, -0.18, 0.68, 0.18, WHITE)
    elif name == "priority road":
        sheet.polygon(4, 0.69, 0.5, WHITE)
        sheet.polygon(4, 0.46, 0.5, YELLOW)
    else:
        sheet.disc(0.97, BLUE)
        sheet.arrow(WHITE, right=name == "turn right")
    return sheet.small()


def templates() -> np.ndarray:
    """All templates in the order of ``NAMES``, shape (13, SIZE, SIZE, 4)."""
    return np.stack([draw(name) for name in NAMES])
