"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-auditing-count": [
        ("my_counts = (14, 359, 17.95)", "added the levels"),
        ("my_counts = (120, 360, 18)", "it is everybody"),
        ("my_counts = (120, 120, 6)", "one more choice"),
        ("my_counts = (120, 359, 1)", "each test rings"),
    ],
    "ex-auditing-needed": [
        ("my_people = 199", "A smaller gap"),
        ("my_people = 1035 * 2", "both groups"),
        (
            "from sdl_lib.fairness import people_needed as f\n"
            "my_people = f(rate=.1, other=.14, power=.5)",
            "add z of .8",
        ),
        (
            "from sdl_lib.fairness import people_needed as f\n"
            "my_people = f(rate=.1, other=.14, level=.1)",
            "Two sides",
        ),
    ],
    "ex-auditing-violation": [
        (
            "def my_violation(decision, member):\n"
            "    d = decision.double()\n"
            "    return (d[member].mean() - d.mean()).abs()",
            "the gap alone",
        ),
        (
            "def my_violation(decision, member):\n"
            "    d = decision.double()\n"
            "    return member.double().mean() * (d[member].mean() - d[~member].mean()).abs()",
            "not with the others",
        ),
        (
            "def my_violation(decision, member):\n"
            "    d = decision.double()\n"
            "    return member.double().mean() * (d[member].mean() - d.mean()).abs()",
            "A group of nobody",
        ),
    ],
    "ex-auditing-worst": [
        (
            "def my_worst(decision, a, b):\n"
            "    s = decision.double() - decision.double().mean()\n"
            "    return max(float(((g == v) * s).mean().abs()) for g in (a, b) for v in (0, 1))",
            "one attribute at a time",
        ),
        (
            "def my_worst(decision, a, b):\n"
            "    s = decision.double() - decision.double().mean()\n"
            "    return max(float((((a == v) & (b == w)) * s).mean().abs())\n"
            "               for v in (0, 1) for w in (0, 1))",
            "corners alone",
        ),
    ],
    "ex-auditing-permutation": [
        (
            "def my_p(decision, group, generator):\n"
            "    def gap(d):\n"
            "        return abs(d[group == 0].double().mean() - d[group == 1].double().mean())\n"
            "    drawn = [gap(decision[torch.randperm(len(decision), generator=generator)])\n"
            "             for _ in range(99)]\n"
            "    return sum(g >= gap(decision) - 1e-9 for g in drawn) / 99",
            "claims too much",
        ),
        (
            "def my_p(decision, group, generator):\n"
            "    def gap(d):\n"
            "        return d[group == 1].double().mean() - d[group == 0].double().mean()\n"
            "    drawn = [gap(decision[torch.randperm(len(decision), generator=generator)])\n"
            "             for _ in range(99)]\n"
            "    return (1 + sum(g >= gap(decision) - 1e-9 for g in drawn)) / 100",
            "p should be 1",
        ),
        ("def my_p(decision, group, generator):\n    return 1.0", "cannot be further apart"),
    ],
    "ex-auditing-plan": [
        ("my_plan = {'attributes': ['sex', 'race']}", "says nothing about"),
        (
            "my_plan = {'attributes': ['sex', 'race'], 'rate': 'fpr', 'gap': .1, 'groups': 12,\n"
            "           'level': .05, 'people': 5000}",
            "for 12 looks",
        ),
        (
            "my_plan = {'attributes': ['sex', 'race'], 'rate': 'fpr', 'gap': .1, 'groups': 12,\n"
            "           'level': .05 / 12, 'people': 30}",
            "a group needs about",
        ),
    ],
}
