"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-<<slug>>-mean": [
        ("def my_mean(x):\n    return x.sum()", "That is the sum"),
        ("def my_mean(x):\n    return x.median()", "That is the median"),
    ],
    "ex-<<slug>>-spread": [
        ("def my_spread(x):\n    return x.max() - x.min()", "That is the range"),
        ("def my_spread(x):\n    return -(x - x.mean()).max()", "not negative"),
    ],
}
