"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-net-closed-gate": [
        ("my_gradient = (0, 0, 0)", "two paths"),
        ("my_gradient = (-12, -24, -6)", "through the ReLU"),
        ("my_gradient = (0, 6, 0)", "sign of the gap"),
        ("my_gradient = (0, -6)", "Three numbers"),
    ],
    "ex-net-xor": [
        ("W, b, v, c = [[1, 0], [0, 1]], [0, 0], [1, 1], 0", "is ever shut"),
        ("W, b, v, c = [[1, 1], [1, 1]], [0, -1], [1, -1], 0", "inclusive or"),
        ("W, b, v, c = [[1, 1], [1, 1]], [0, -1], [-1, 2], 1", "the opposite"),
        ("W, b, v, c = [[1, 1]], [0], [1], 0", "2 × 2 matrix"),
    ],
    "ex-net-unbroadcast": [
        (
            "def my_unbroadcast(gradient, shape):\n"
            "    while gradient.ndim > len(shape):\n"
            "        gradient = gradient.sum(axis=0)\n"
            "    return gradient",
            "found shape (3, 4)",
        ),
        (
            "def my_unbroadcast(gradient, shape):\n"
            "    while gradient.ndim > len(shape):\n"
            "        gradient = gradient.mean(axis=0)\n"
            "    for axis, length in enumerate(shape):\n"
            "        if length == 1:\n"
            "            gradient = gradient.mean(axis=axis, keepdims=True)\n"
            "    return gradient",
            "took the mean",
        ),
        (
            "def my_unbroadcast(gradient, shape):\n    return np.resize(gradient, shape)",
            "not the sum",
        ),
    ],
    "ex-net-sigmoid": [
        (
            "def my_sigmoid(x):\n"
            "    value = 1 / (1 + np.exp(-x))\n"
            "    return value, lambda g: g * value * (1 - value)",
            "overflows",
        ),
        (
            "def my_sigmoid(x):\n"
            "    value = (1 + np.tanh(x / 2)) / 2\n"
            "    return value, lambda g: value * (1 - value)",
            "That is the slope",
        ),
        (
            "def my_sigmoid(x):\n"
            "    value = (1 + np.tanh(x / 2)) / 2\n"
            "    return value, lambda g: g * (1 - value**2)",
            "the pullback is not",
        ),
        (
            "def my_sigmoid(x):\n    return np.tanh(x), lambda g: g * (1 - np.tanh(x) ** 2)",
            "At x =",
        ),
    ],
    "ex-net-product-rule": [
        (
            "def my_product(first, second):\n"
            "    (a, da), (b, db) = first, second\n"
            "    return a @ b, da @ db",
            "second order",
        ),
        (
            "def my_product(first, second):\n"
            "    (a, da), (b, db) = first, second\n"
            "    return a @ b, a @ db",
            "Half of it",
        ),
    ],
    "ex-net-depth-study": [
        ("my_study = {5: [(0.1, 2.0)] * 3, 10: [(0.01, 4.0)] * 3}", "no trend"),
        ("my_study = {d: [(0.1, 2.0)] for d in (5, 10, 20)}", "Three seeds"),
        ("my_study = {d: [(0.1, 2.0)] * 3 for d in (5, 10, 20)}", "identical"),
    ],
}
