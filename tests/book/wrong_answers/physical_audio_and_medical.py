"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-physical-peak": [
        ("my_share = 10 ** (-31 / 10)", "the *power*"),
        ("my_share = 10 ** (31 / 20)", "quieter than the speech"),
        ("my_share = 0.31", "Solve"),
    ],
    "ex-physical-views": [
        (
            "def my_gradient(model, x, y, views):\n"
            "    z = x.clone().requires_grad_()\n"
            "    seen = torch.stack([view(z) for view in views]).mean(0)\n"
            "    loss = nn.functional.cross_entropy(model(seen), y, reduction='sum')\n"
            "    return torch.autograd.grad(loss, z)[0]",
            "No camera ever sees",
        ),
        (
            "def my_gradient(model, x, y, views):\n"
            "    z = x.clone().requires_grad_()\n"
            "    loss = nn.functional.cross_entropy(model(z), y, reduction='sum')\n"
            "    return torch.autograd.grad(loss, z)[0]",
            "Only the first view",
        ),
        (
            "def my_gradient(model, x, y, views):\n"
            "    total = 0\n"
            "    for view in views:\n"
            "        z = view(x).clone().requires_grad_()\n"
            "        loss = nn.functional.cross_entropy(model(z), y, reduction='sum')\n"
            "        total = total + torch.autograd.grad(loss, z)[0]\n"
            "    return total / len(views)",
            "carry them back",
        ),
        (
            "def my_gradient(model, x, y, views):\n"
            "    z = x.clone().requires_grad_()\n"
            "    loss = sum(nn.functional.cross_entropy(model(v(z)), y) for v in views)\n"
            "    return -torch.autograd.grad(loss, z)[0]",
            "downhill",
        ),
    ],
    "ex-physical-frames": [
        ("def my_frames(text):\n    return len(text)", "collapses"),
        ("def my_frames(text):\n    return 2 * len(text) + 1", "not required"),
        ("def my_frames(text):\n    return len(set(text))", "each time"),
    ],
    "ex-physical-decibels": [
        (
            "def my_snr(x, x_adv):\n"
            "    return 10 * (x.norm(dim=1) / (x_adv - x).norm(dim=1)).log10()",
            "count",
        ),
        (
            "def my_snr(x, x_adv):\n"
            "    return 10 * (x.square().sum() / (x_adv - x).square().sum()).log10()",
            "each row",
        ),
        (
            "def my_snr(x, x_adv):\n"
            "    return 20 * ((x_adv - x).norm(dim=1) / x.norm(dim=1)).log10()",
            "Upside down",
        ),
    ],
    "ex-physical-seal": [
        (
            "import hashlib\n\n\n"
            "def my_seal(scan, key):\n"
            "    return hashlib.sha256(scan.numpy().tobytes()).digest()",
            "Without the key",
        ),
        (
            "import hmac\n\n\n"
            "def my_seal(scan, key):\n"
            "    return hmac.digest(key, scan.numpy().tobytes(), 'sha256')",
            "another shape",
        ),
        (
            "import hmac\n\n\n"
            "def my_seal(scan, key):\n"
            "    total = str(int(scan.long().sum()))\n"
            "    return hmac.digest(key, total.encode(), 'sha256')",
            "change places",
        ),
        (
            "import hmac\n\n\n"
            "def my_seal(scan, key):\n"
            "    return hmac.digest(key, scan[::2].numpy().tobytes(), 'sha256')",
            "unnoticed",
        ),
    ],
    "ex-physical-room": [
        ("my_study = {40: [1, 1, 1], 20: [0, 0, 0]}", "three loudnesses"),
        ("my_study = {40: [1, 1], 30: [1, 0], 20: [0, 0]}", "three seeds"),
        ("my_study = {40: [0] * 3, 30: [0.5] * 3, 20: [1] * 3}", "*larger* number"),
        ("my_study = {60: [1] * 3, 50: [1] * 3, 45: [0.9] * 3}", "louder noise"),
    ],
}
