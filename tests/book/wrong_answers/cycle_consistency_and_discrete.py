"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_TERM = "def my_term(there, back, x, y):\n    return {}"

WRONG = {
    "ex-cyc-count": [
        ("my_count = 720", "rule out most"),
        ("my_count = 120", "ways to choose"),
        ("my_count = 27", "share a partner"),
        ("my_count = 11", "in how many orders"),
    ],
    "ex-cyc-term": [
        (_TERM.format("(back(there(x)) - x).abs().mean()"), "one direction"),
        (
            _TERM.format(
                "(back(there(x)) - x).square().mean() + (there(back(y)) - y).square().mean()"
            ),
            "Squares",
        ),
        (
            _TERM.format("(there(back(x)) - x).abs().mean() + (back(there(y)) - y).abs().mean()"),
            "first go there",
        ),
    ],
    "ex-cyc-floor": [
        ("def my_floor(x):\n    return (x - x.mean(0)).abs().mean()", "minimises squares"),
        ("def my_floor(x):\n    return (x - x.median()).abs().mean()", "One guess a pixel"),
        ("def my_floor(x):\n    return x.std(0).mean()", "deviation"),
    ],
    "ex-cyc-shares": [
        ("my_study = {0.5: [0.1, 0.2, 0.9]}", "two shares"),
        ("my_study = {0.5: [0.1], 0.2: [0.3]}", "Three seeds"),
        ("my_study = {0.3: [0.1] * 3, 0.2: [0.3] * 3}", "symmetric case"),
    ],
}
