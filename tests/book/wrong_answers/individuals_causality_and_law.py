"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

VIOLATION = "def my_violation(p, d):\n    {body}"
OTHER = "def my_other_world(group, schooling, test):\n    step = 1 - 2 * group\n    return {body}"
GRAPH = (
    "reason = {reason}\n"
    "edges = {edges}\n"
    "my_graph = {{edge: (i == 0, reason) for i, edge in enumerate(edges)}}"
)
CHAIN = "[('a', 'b'), ('b', 'c'), ('c', 'd'), ('a', 'd')]"

WRONG = {
    "ex-individuals-effects": [
        ("my_effects = (0.1, 0.3)", "Three numbers"),
        ("my_effects = (0.1, 0.1, -0.2)", "one edge"),
        ("my_effects = (0.4, 0.3, 0.1)", "multiplied, not added"),
        ("my_effects = (0.5, 0.3, 0.2)", "Mind the sign"),
        ("my_effects = (0.5, 0.3, -0.2)", "add up"),
    ],
    "ex-individuals-work": [
        ("my_gap = 0.7", "half of the mass"),
        ("my_gap = 0.9", "farthest pair"),
        ("my_gap = 0.2", "in order"),
    ],
    "ex-individuals-ratio": [
        ("my_ratio = (0.75,)", "Two numbers"),
        ("my_ratio = (4 / 3, 1)", "smaller rate"),
        ("my_ratio = (0.15, 1)", "difference"),
        ("my_ratio = (0.6, 1)", "Selection rates first"),
        ("my_ratio = (0.75, 2)", "one after the other"),
    ],
    "ex-individuals-violation": [
        (
            VIOLATION.format(body="return (p[:, None] - p - d).abs().max()"),
            "belongs to the outcomes",
        ),
        (VIOLATION.format(body="return (p[:, None] - p).abs().max()"), "have not used"),
        (VIOLATION.format(body="return (p[:, None] - p - d).mean()"), "Expected"),
    ],
    "ex-individuals-other-world": [
        (OTHER.format(body="schooling"), "two tensors"),
        (OTHER.format(body="schooling[:3], test"), "One number a person"),
        (OTHER.format(body="0.8 * (1 - group), test"), "lost the person"),
        (OTHER.format(body="schooling + 0.8, test"), "the other way"),
        (OTHER.format(body="schooling, test"), "take the noise off"),
        (OTHER.format(body="schooling + 0.8 * step, test + 0.4 * step"), "through schooling"),
        (OTHER.format(body="schooling + 0.8 * step, test"), "its noise"),
    ],
    "ex-individuals-own-graph": [
        ("my_graph = {}", "at least four edges"),
        (GRAPH.format(reason="'because'", edges=CHAIN), "others can dispute"),
        (
            GRAPH.format(
                reason="'one may well think of it so'",
                edges="[('a', 'b'), ('b', 'c'), ('c', 'd'), ('d', 'a')]",
            ),
            "no causal graph",
        ),
        (
            "reason = 'one may well think of it so'\n"
            f"my_graph = {{edge: (True, reason) for edge in {CHAIN}}}",
            "All edges alike",
        ),
        (
            f"my_graph = {{edge: 'yes' for edge in {CHAIN}}}",
            "Each entry",
        ),
    ],
}
