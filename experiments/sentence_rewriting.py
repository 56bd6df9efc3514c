"""Rewriting bad reviews into good ones: solutions x weights x seeds, and the record of it.

    python -m experiments.sentence_rewriting --jobs 2

Each run is a plain function of (solution, identity weight, seed); joblib maps it. The record goes
into the library and is shown on the page, which repeats one of the runs.
"""

import argparse
import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import joblib
import torch

from sdl_lib.gan.rewriting import (
    RECORD,
    SOLUTIONS,
    RewritingRun,
    mood_classifier,
    rewriting_score,
    train_rewriter,
)
from sdl_lib.text.reviews import reviews

TASKS = [(solution, 1.0) for solution in SOLUTIONS] + [("gumbel", 0.3), ("gumbel", 0.0)]


def work(solution: str, identity: float, seed: int) -> tuple[RewritingRun, float]:
    """One run, on one thread, and its seconds."""
    torch.set_num_threads(1)
    start = time.process_time()
    corpus = reviews()
    rewriter = train_rewriter(corpus, solution=solution, identity=identity, seed=seed)
    score = rewriting_score(rewriter, mood_classifier(corpus), corpus.test_bad)
    return RewritingRun(solution, identity, seed, score), time.process_time() - start


def publish(runs: list[RewritingRun], seconds: float, shipped: Path = RECORD) -> None:
    """Write the record: one run a line."""
    provenance = {
        "device": f"CPU, {platform.processor() or platform.machine()}",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seconds": f"{seconds:.0f}",
        "command": "python -m experiments.sentence_rewriting",
    }
    lines = [
        json.dumps([run.solution, run.identity, run.seed, [round(v, 4) for v in run.score]])
        for run in runs
    ]
    body = ",\n".join(lines)
    shipped.write_text(
        f'{{"provenance": {json.dumps(provenance)},\n"runs": [\n{body}\n]}}\n', encoding="utf-8"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args()
    tasks = [(*task, seed) for task in TASKS for seed in range(chosen.seeds)]
    done = joblib.Parallel(n_jobs=chosen.jobs)(joblib.delayed(work)(*task) for task in tasks)
    publish([run for run, _ in done], sum(seconds for _, seconds in done))


if __name__ == "__main__":
    main()
