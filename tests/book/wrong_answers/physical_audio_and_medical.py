"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_PULL = (
    "    def pull(z):\n"
    "        z = z.clone().requires_grad_()\n"
    "        loss = nn.functional.cross_entropy(model(z), y)\n"
    "        return torch.autograd.grad(loss, z)[0]\n"
)

WRONG = {
    "ex-physical-mean-gradient": [
        (
            "def my_mean_gradient(model, x, y, shifts):\n"
            + _PULL
            + "    seen = [pull(torch.roll(x, s, 3)) for s in shifts]\n"
            "    return torch.stack(seen).mean(0)",
            "where the camera sees them",
        ),
        (
            "def my_mean_gradient(model, x, y, shifts):\n"
            + _PULL
            + "    seen = [torch.roll(x, s, 3) for s in shifts]\n"
            "    return pull(torch.stack(seen).mean(0))",
            "the mean picture",
        ),
        (
            "def my_mean_gradient(model, x, y, shifts):\n" + _PULL + "    return pull(x)",
            "where are the views",
        ),
        (
            "def my_mean_gradient(model, x, y, shifts):\n"
            + _PULL
            + "    back = [torch.roll(pull(torch.roll(x, s, 3)), -s, 3).sign() for s in shifts]\n"
            "    return torch.stack(back).mean(0)",
            "sign after the mean",
        ),
    ],
    "ex-scan-seal": [
        (
            "def my_seal(key, pixels, patient):\n"
            "    return hashlib.sha256(pixels + patient).digest()",
            "does not depend on the key",
        ),
        (
            "def my_seal(key, pixels, patient):\n    return hmac.digest(key, pixels, 'sha256')",
            "another patient",
        ),
        (
            "def my_seal(key, pixels, patient):\n"
            "    return hmac.digest(key, pixels + patient, 'sha256')",
            "mark where one ends",
        ),
        (
            "def my_seal(key, pixels, patient):\n"
            "    return hmac.digest(key, pixels[:32] + patient, 'sha256')",
            "One pixel changed",
        ),
    ],
}
