"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_WALK = (
    "def my_walk(model, x, y, baseline, steps):\n"
    "    total = torch.zeros_like(x)\n"
    "    for k in range(steps):\n"
    "        z = baseline + {t} / steps * (x - baseline)\n"
    "        total += saliency(model, z, y)\n"
    "    return {factor} * total / {n}"
)

_STEPS = (
    "def my_steps(model, x, y, grid, tolerance):\n"
    "    for n in {grid}:\n"
    "        _, gap = integrated_gradients(model, x, y, steps=n, return_gap=True)\n"
    "        if {size} <= tolerance:\n"
    "            return n\n"
    "    return {otherwise}"
)

_TWINS = (
    "def my_twins():\n"
    "    def network(first, second):\n"
    "        model = nn.Sequential(\n"
    "            nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False)\n"
    "        )\n"
    "        with torch.no_grad():\n"
    "            model[0].weight.copy_(torch.tensor(first))\n"
    "            model[2].weight.copy_(torch.tensor(second))\n"
    "        return model.eval()\n"
    "    one = network([[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0]])\n"
    "    return one, network({first}, {second})"
)

WRONG = {
    "ex-attribution-product": [
        ("my_shares = (6, 6)", "sums to 12"),
        ("my_shares = (3, 2)", "gradient at the input"),
        ("my_shares = (2, 4)", "integrate"),
    ],
    "ex-attribution-baseline": [
        ("my_new_shares = (4 / 7, 3 / 7)", "from (0, 0)"),
        ("my_new_shares = (2, 3)", "forgot the cap"),
    ],
    "ex-attribution-walk": [
        (_WALK.format(t="(k + 1)", factor="(x - baseline)", n="steps"), "half a step back"),
        (_WALK.format(t="(k + 0.5)", factor="1", n="steps"), "mean gradient"),
        (_WALK.format(t="(k + 0.5)", factor="x", n="steps"), "multiplied by x"),
        (_WALK.format(t="(k + 0.5)", factor="(x - baseline)", n="1"), "Seven times too large"),
    ],
    "ex-attribution-steps": [
        (_STEPS.format(grid="sorted(grid)", size="gap.max()", otherwise="None"), "negative"),
        (_STEPS.format(grid="sorted(grid)", size="gap.abs().mean()", otherwise="None"), "the mean"),
        (_STEPS.format(grid="grid", size="gap.abs().max()", otherwise="None"), "fewer would do"),
        (
            _STEPS.format(grid="sorted(grid)", size="gap.abs().max()", otherwise="max(grid)"),
            "return None",
        ),
    ],
    "ex-attribution-twins": [
        (
            _TWINS.format(first="[[2.0, 0.0], [0.0, 2.0]]", second="[[0.5, 0.5]]"),
            "relevances agree",
        ),
        (
            _TWINS.format(first="[[1.0, 1.0], [0.0, 1.0]]", second="[[1.0, -1.0]]"),
            "answers differ",
        ),
    ],
    "ex-attribution-agreement": [
        ('my_agreement = {"a, b": [0.1, 0.2] * 10}', "three pairs"),
        ('my_agreement = {pair: [0.1, 0.2] for pair in "abc"}', "Twenty digits"),
        ('my_agreement = {pair: [0.1] * 20 for pair in "abc"}', "same number"),
    ],
}
