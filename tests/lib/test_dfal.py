"""The DFAL experiment: restarts, a cluster that loses a worker, and the record it ships."""

import json
import os
import signal
import threading
import time

import pytest
from experiment_runs import cluster, command

from experiments import dfal
from sdl_lib.active import Task, load_record

KEPT = ("labels", "points", "accuracy", "queried", "transferred")


def task(strategy, seed=0, budget=24, **options):
    return Task("softmax", "mnist10k", strategy, "fair", seed, (budget,), initial=10, **options)


TASKS = [task(name, seed) for seed in (0, 1) for name in ("random", "margin", "dfal")]


def results(file):
    """What was measured, by task, without the seconds and the dates."""
    found = {}
    for run in dfal.read(file):
        key = dfal._key({name: run[name] for name in Task._fields})
        assert key not in found
        found[key] = {name: run[name] for name in KEPT}
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The results of one process, to compare with."""
    file = tmp_path_factory.mktemp("alone") / "runs.jsonl"
    dfal.run(TASKS, file)
    return file


def test_a_restart_does_what_is_missing_and_no_more(alone, tmp_path, monkeypatch):
    lines = alone.read_text().splitlines()
    file = tmp_path / "runs.jsonl"
    file.write_text("\n".join(lines[:2]) + "\n" + lines[2][:50])  # killed in mid-line
    done = []
    once = dfal.work
    monkeypatch.setattr(dfal, "work", lambda one: done.append(one) or once(one))
    dfal.run(TASKS, file)
    assert done == TASKS[2:]
    assert results(file) == results(alone)
    dfal.run(TASKS, file)
    assert len(done) == 4


def test_a_longer_budget_is_another_task(alone):
    assert dfal.missing([task("random", budget=30)], alone) == [task("random", budget=30)]
    assert dfal.missing(TASKS, alone) == []


def test_results_say_what_they_ran_on(alone):
    for run in dfal.read(alone):
        assert set(run["provenance"]) == {"device", "versions", "date", "command"}
        assert run["seconds"] > 0
        assert len(set(run["queried"])) == len(run["queried"]) == 24


def test_queries_transfer_to_another_network(tmp_path):
    dfal.run([task("dfal", transfer="softmax")], tmp_path / "runs.jsonl")
    (run,) = dfal.read(tmp_path / "runs.jsonl")
    # the same kind of network, from the same queries and twins: about as good
    assert run["transferred"]["24"] == pytest.approx(run["accuracy"][-1], abs=0.08)


@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_costs_a_retry_and_not_the_run(alone, tmp_path):
    file = tmp_path / "runs.jsonl"
    with cluster() as (address, pids):
        assert len(set(pids)) == 2

        def kill_one():
            while not file.exists() or not file.read_text().count("\n"):
                time.sleep(0.01)
            os.kill(pids[0], signal.SIGKILL)

        killer = threading.Thread(target=kill_one)
        killer.start()
        dfal.run(TASKS, file, backend="dask", scheduler=address)
        killer.join()
        with pytest.raises(ProcessLookupError):
            os.kill(pids[0], 0)
    assert results(file) == results(alone)


def test_dask_needs_an_address(tmp_path):
    with pytest.raises(ValueError, match=r"^scheduler:"):
        dfal.run(TASKS, tmp_path / "runs.jsonl", backend="dask")


def test_the_command_line_names_its_tasks():
    line = "--strategies all --budgets 500 100 --protocol authors --seeds 3 --out x"
    args = dfal.parse(line.split())
    tasks = dfal.tasks_of(args)
    assert len(tasks) == 3 * 10
    assert tasks[0] == Task("lenet5", "mnist10k", "dfal_0", "authors", 0, (100, 500))
    with pytest.raises(SystemExit):
        dfal.parse(["--strategies", "all"])


def test_two_processes_do_what_the_command_line_says(tmp_path):
    options = "--strategies random --seeds 2 --budgets 24 --initial 20 --jobs 2 --out runs.jsonl"
    done = command("experiments.dfal", options, tmp_path)
    assert not done.returncode, done.stderr
    found = dfal.read(tmp_path / "runs.jsonl")
    assert {run["seed"] for run in found} == {0, 1}
    assert {run["provenance"]["command"] for run in found} == {
        f"python -m experiments.dfal {options}"
    }


def test_publish_condenses_what_was_run(alone, tmp_path):
    (tmp_path / "dfal-a.jsonl").write_text(alone.read_text())
    dfal.publish(tmp_path, tmp_path / "record.json")
    record = load_record(tmp_path / "record.json")
    assert len(record.curves) == 6
    table = record.table(network="softmax")
    assert table.loc[("margin", 1), 24] == pytest.approx(
        next(
            r["accuracy"][-1]
            for r in dfal.read(alone)
            if (r["strategy"], r["seed"]) == ("margin", 1)
        ),
        abs=1e-5,
    )
    assert json.loads((tmp_path / "dfal.json").read_text())["runs"] == "6"
    with pytest.raises(ValueError, match=r"no record of"):
        record.table(network="vgg8")
    with pytest.raises(ValueError, match=r"^results:"):
        dfal.publish(tmp_path / "empty", tmp_path / "x.json")
