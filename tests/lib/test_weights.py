"""The trainings of the shipped networks: every one has its recipe, and tries of some are true."""

import re
import shutil

import joblib
import pytest
import torch
from experiment_runs import ROOT, cluster, command
from safetensors.torch import load_file

from experiments.runs import results
from experiments.weights import shipping
from experiments.weights.__main__ import parse
from experiments.weights.recipe import Setting
from experiments.weights.registry import RECIPES, waves
from experiments.weights.shipping import Made, kept, packed, ship, unpacked
from sdl_lib.data import adult, fit_encoding, passports
from sdl_lib.models import ADULT_FEATURES, MLP, AdultMLP, UNet
from sdl_lib.training import accuracy

SHIPPED = sorted((ROOT / "src" / "sdl_lib").rglob("*.safetensors"))
# one shipped as it is, one in half precision and measured with another
TRIED = {"adult-mlp": AdultMLP, "hatch-l1": UNet}
TRY = f"{' '.join(TRIED)} --scale .01 --out tried"


def bytes_of(folder):
    return {file.stem: file.read_bytes() for file in (folder / "tried").glob("*.safetensors")}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A folder with a quick try of two networks, by one process."""
    folder = tmp_path_factory.mktemp("alone")
    before = [file.read_bytes() for file in SHIPPED]
    done = command("experiments.weights", TRY, folder)
    assert not done.returncode, done.stderr
    assert [file.read_bytes() for file in SHIPPED] == before
    return folder


def test_every_shipped_network_has_a_recipe_and_the_other_way_round():
    assert sorted(RECIPES) == sorted(file.stem for file in SHIPPED)
    assert {kept(name).with_suffix(".safetensors") for name in RECIPES} == set(SHIPPED)


@pytest.mark.parametrize("name", RECIPES)
def test_a_passport_names_the_command_that_makes_its_network(name):
    assert passports.read(kept(name)).made.startswith(f"python -m experiments.weights {name}: ")


@pytest.mark.parametrize("name", TRIED)
def test_a_try_gives_weights_that_fit_and_a_passport_that_is_true(alone, name):
    file = alone / "tried" / f"{name}.safetensors"
    passports.shipped(file)  # of which the checksum is verified
    TRIED[name]().load_state_dict(load_file(file))
    passport = passports.read(file.with_suffix(".toml"))
    assert passport.size == file.stat().st_size
    assert passport.title == passports.read(kept(name)).title
    told = rf"python -m experiments.weights {name} --scale 0\.01: seed 0, .*one CPU thread, torch "
    assert re.match(told + r"\S+, \d+ s of processor time\. \S", passport.made)


def test_what_a_try_measured_is_what_its_weights_do(alone):
    file = alone / "tried" / "adult-mlp.safetensors"
    encode, test = fit_encoding(adult("train"), ADULT_FEATURES), adult("test")
    model = unpacked(AdultMLP(), file.read_bytes())
    found = accuracy(model, encode(test), torch.tensor(test["over_50k"].to_numpy()).long())
    assert f"test rows: {found:.4f}." in passports.read(file.with_suffix(".toml")).made


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_bytes(alone, tmp_path):
    with cluster() as (address, _):
        options = f"{TRY} --backend dask --scheduler {address}"
        done = command("experiments.weights", options, tmp_path)
    assert not done.returncode, done.stderr
    assert bytes_of(tmp_path) == bytes_of(alone)
    assert set(bytes_of(alone)) == set(TRIED)


def test_what_others_need_is_shipped_before_them():
    assert waves(["lenet5-trades", "mlp", "lenet5"]) == [["lenet5"], ["lenet5-trades", "mlp"]]
    assert waves(["lenet5-trades", "mlp"]) == [["lenet5-trades", "mlp"]]
    assert {name for wave in waves(list(RECIPES)) for name in wave} == set(RECIPES)


def test_without_a_folder_the_library_is_written(tmp_path, monkeypatch):
    passport = tmp_path / "mlp.toml"
    shutil.copy(kept("mlp"), passport)
    monkeypatch.setattr(shipping, "FOLDERS", [tmp_path])
    made = Made("mlp", packed(MLP(), half=False), "by a test")
    file = ship(made)
    assert file == tmp_path / "mlp.safetensors"
    assert passports.shipped(file) == made.content
    assert passports.read(passport).made == "by a test"
    with pytest.raises(ValueError, match=r"^name: 'lenet5' has no passport"):
        ship(made._replace(name="lenet5"))


def test_a_gpu_and_another_scale_are_told():
    assert Setting().options() == ""
    assert Setting("cuda", 10).options() == " --device cuda --scale 10"
    assert [Setting(scale=0.01).times(n) for n in (7000, 8)] == [70, 1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("lenet6", "unknown: lenet6; there are lenet5, mlp, "),
        ("mlp --scale 0", "--scale: expected a positive number, found 0.0"),
        ("mlp --scale .5", "needs --out"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(options, said, capsys):
    with pytest.raises(SystemExit):
        parse(options.split())
    assert said in capsys.readouterr().err


def test_dask_needs_an_address():
    with pytest.raises(ValueError, match=r"^scheduler:"):
        next(results([joblib.delayed(abs)(1)], backend="dask"))
