"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-conv-cost": [
        ("my_cost = (14, 608, 600 * 196)", "without padding"),
        ("my_cost = (16, 600, 600 * 256)", "bias as well"),
        ("my_cost = (16, 208, 200 * 256)", "all three colours"),
        ("my_cost = (16, 608, 600 * 1024)", "pixel of the output"),
        ("my_cost = (16, 608, 608 * 256)", "added, not multiplied"),
    ],
    "ex-conv-correlate": [
        (
            "def my_correlate(x, kernel):\n"
            "    return nn.functional.conv2d(x[None, None], kernel.flip(0, 1)[None, None])[0, 0]",
            "flipped",
        ),
        (
            "def my_correlate(x, kernel):\n"
            "    padded = nn.functional.pad(x, (0, 1, 1, 1))\n"
            "    return nn.functional.conv2d(padded[None, None], kernel[None, None])[0, 0]",
            "Without padding",
        ),
        (
            "def my_correlate(x, kernel):\n"
            "    y = torch.zeros(5, 5)\n"
            "    for i in range(5):\n"
            "        for j in range(5):\n"
            "            y[i, j] = (x[i : i + 3, j : j + 2] + kernel).sum()\n"
            "    return y",
            "kernel times patch",
        ),
    ],
    "ex-conv-pool": [
        ("def my_pool(x, size):\n    return nn.functional.avg_pool2d(x, size)", "averages"),
        ("def my_pool(x, size):\n    return nn.functional.max_pool2d(x, size, 1)", "overlap"),
        (
            "def my_pool(x, size):\n    return nn.functional.max_pool2d(x, size).relu()",
            "begin lower",
        ),
    ],
    "ex-conv-field": [
        ("def my_field(layers):\n    return sum(k for k, _ in layers)", "added the kernels"),
        ("def my_field(layers):\n    return 1 + sum(k - 1 for k, _ in layers)", "larger step"),
        (
            "def my_field(layers):\n"
            "    size, jump = 1, 1\n"
            "    for kernel, stride in layers:\n"
            "        jump *= stride\n"
            "        size += (kernel - 1) * jump\n"
            "    return size",
            "multiply afterwards",
        ),
    ],
    "ex-conv-invariant": [
        ("def my_summary(maps):\n    return maps.flatten(1)", "reorders"),
        ("def my_summary(maps):\n    return maps.mean(1)", "over the places"),
        ("def my_summary(maps):\n    return maps[:, :, 3, 3]", "other numbers"),
        ("def my_summary(maps):\n    return torch.zeros(maps.shape[:2])", "to everything"),
    ],
    "ex-conv-scrambled": [
        ("my_study = {'perceptron': {'plain': [0.93, 0.94, 0.92]}}", "no answer"),
        (
            "my_study = {n: {'plain': [0.9], 'scrambled': [0.9]} for n in ('perceptron', 'CNN')}",
            "anecdote",
        ),
        (
            "my_study = {n: {'plain': [0.9] * 3, 'scrambled': [0.8] * 3}\n"
            "            for n in ('perceptron', 'CNN')}",
            "identical",
        ),
        (
            "my_study = {n: {'plain': [0.93, 0.94, 0.92], 'scrambled': [0.1, 0.12, 0.11]}\n"
            "            for n in ('perceptron', 'CNN')}",
            "same order",
        ),
    ],
}
