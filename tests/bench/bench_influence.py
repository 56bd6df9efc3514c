"""Influence against the retraining that it saves: 100 of 500 real digits, softmax regression.

The unit is one Hessian and its factor. No peer is judged: shown is what an estimate costs, what
retraining in one batch costs, and what retraining one by one costs.
Run with ``python tests/bench/bench_influence.py`` (about a minute).
"""

from copy import deepcopy

import torch
from harness import Race, finish, judge
from torch import nn

from sdl_lib.attribution import influence_function, leave_one_out, settle
from sdl_lib.attribution.inverse_hessian import cholesky
from sdl_lib.attribution.stationary import objective
from sdl_lib.data import mnist10k

WEIGHT_DECAY = 0.1


def main() -> None:
    torch.set_num_threads(1)
    x, y = (part[:505] for part in mnist10k("train"))
    x = nn.functional.avg_pool2d(x[..., 4:24, 4:24], 2).double()
    asked, x, y = (x[500:], y[500:]), x[:500], y[:500]
    model = nn.Sequential(nn.Flatten(), nn.Linear(100, 10)).double().eval()
    settle(model, x, y, weight_decay=WEIGHT_DECAY)
    rows = torch.arange(0, 500, 5)

    def one_by_one() -> None:
        for i in rows:
            keep = torch.arange(500) != i
            scaled = WEIGHT_DECAY * 500 / 499
            settle(deepcopy(model), x[keep], y[keep], weight_decay=scaled)

    given = (model, x, y, *asked)
    race = Race(
        "100 of 500 digits",
        lambda: cholesky(*objective(model, x, y, WEIGHT_DECAY)),
        lambda: leave_one_out(*given, weight_decay=WEIGHT_DECAY, rows=rows),
        {"one by one": one_by_one},
        {
            "influence (of all 500)": lambda: influence_function(*given, weight_decay=WEIGHT_DECAY),
            "influence, cg": lambda: influence_function(
                *given, weight_decay=WEIGHT_DECAY, solver="cg"
            ),
        },
        rounds=3,
    )
    print(f"times in units of one factored Hessian, medians; torch {torch.__version__}")
    finish(judge([race], limit=float("inf"), noise=0.0))


if __name__ == "__main__":
    main()
