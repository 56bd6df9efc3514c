"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-blackbox-pairs": [
        ("my_count = 1024 * 1023 * 64", "in order"),
        ("my_count = 1024 * 1023 // 2 * 8", "same colour"),
        ("my_count = 1024 * 1023 // 2", "the colours"),
    ],
    "ex-blackbox-counter": [
        (
            "def my_counter(model):\n"
            "    calls = []\n"
            "    def ask(x):\n"
            "        calls.append(1)\n"
            "        return model(x).argmax(1)\n"
            "    return ask, lambda: len(calls)",
            "counted calls",
        ),
        (
            "def my_counter(model):\n"
            "    shown = []\n"
            "    def ask(x):\n"
            "        shown.extend(x)\n"
            "        return model(x)\n"
            "    return ask, lambda: len(shown)",
            "gives away the scores",
        ),
    ],
    "ex-blackbox-best": [
        (
            "def my_best(score, x, places, colour):\n"
            "    tried = x.repeat(len(places), 1, 1, 1)\n"
            "    for k, (i, j) in enumerate(places):\n"
            "        tried[k, :, i, j] = colour\n"
            "    return tried[score(tried).argmin()]",
            "lowers the score most",
        ),
        (
            "def my_best(score, x, places, colour):\n"
            "    for i, j in places:\n"
            "        x[:, i, j] = colour\n"
            "    return x",
            "work on a copy",
        ),
        (
            "def my_best(score, x, places, colour):\n"
            "    z = x.clone()\n"
            "    for i, j in places:\n"
            "        z[:, i, j] = colour\n"
            "    return z",
            "More than one pixel",
        ),
    ],
    "ex-blackbox-aside": [
        (
            "def my_aside(x, here, noise, aside):\n"
            "    return here + aside * (x - here).norm() * noise / noise.norm()",
            "take it out first",
        ),
        (
            "def my_aside(x, here, noise, aside):\n"
            "    back = x - here\n"
            "    turn = noise - (noise @ back) / (back @ back) * back\n"
            "    return here + aside * back.norm() * turn / turn.norm()",
            "leave the sphere",
        ),
    ],
    "ex-blackbox-rate": [
        (
            "def my_rate(model, x, v):\n"
            "    change = model(x + v).argmax(1) != model(x).argmax(1)\n"
            "    return float(change.double().mean())",
            "leaves the box",
        ),
        (
            "def my_rate(model, x, v):\n"
            "    same = model((x + v).clamp(0, 1)).argmax(1) == model(x).argmax(1)\n"
            "    return float(same.double().mean())",
            "answers that stay",
        ),
    ],
    "ex-blackbox-colours": [
        ("my_study = {'white': [9] * 8}", "at least three colours"),
        ("my_study = {'white': [9], 'red': [5], 'blue': [7]}", "at least six lights"),
    ],
}
