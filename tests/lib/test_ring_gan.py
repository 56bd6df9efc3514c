"""The recorded games on the ring, and the lab that plays them back."""

import json
import re

import numpy as np
import pytest
import torch

from experiments import ring_playback
from sdl_lib import live
from sdl_lib.gan import mode_coverage, playback, ring_centres
from sdl_lib.gan.playback import (
    DRAWN,
    GAMES,
    LEVELS,
    PICTURES,
    REACH,
    SEEDS,
    from_levels,
    furthest,
    play_game,
    playback_record,
    to_levels,
)
from sdl_lib.gan.tricks import TRICKS, networks
from sdl_lib.live import ring_gan as lab


def test_a_byte_keeps_a_point_within_half_a_level():
    chance = torch.Generator().manual_seed(0)
    points = REACH * (2 * torch.rand(500, 2, generator=chance) - 1)
    away = (points.double() - from_levels(to_levels(points))).abs().max()
    assert away <= REACH / LEVELS + 1e-6
    beyond = torch.tensor([[9.0, -9.0]])
    assert to_levels(beyond).tolist() == [[LEVELS - 1, 0]]
    assert furthest(beyond, to_levels(beyond)) == pytest.approx(REACH / LEVELS)
    every = torch.arange(LEVELS, dtype=torch.uint8)
    assert torch.equal(to_levels(from_levels(every)), every)


@pytest.mark.parametrize("name", GAMES)
def test_the_first_pictures_are_those_of_the_record(name):
    played = play_game(name, seed=0, pictures=1)
    assert played.shape == (2, DRAWN, 2)
    assert furthest(played, playback_record()[1][name].levels[:2]) <= 0.05


def test_the_record_is_complete_and_its_counts_are_those_of_its_points():
    told, games = playback_record()
    assert {"device", "versions", "date", "seconds", "command"} <= told.keys()
    assert list(games) == list(GAMES)
    centres = ring_centres().double()
    for played in games.values():
        assert played.levels.shape == (1 + PICTURES, DRAWN, 2)
        assert [len(counts) for counts in played.covered] == SEEDS * [1 + PICTURES]
        found = [mode_coverage(points, centres).covered for points in from_levels(played.levels)]
        assert found == played.covered[0]


def test_the_games_start_from_the_networks_of_the_tricks():
    for name, trick in (("1:1", "plain"), ("5:1 packed", "5 times, PacGAN")):
        ours = playback.ring_networks(seed=0, pack=GAMES[name].pack)
        for a, b in zip(ours, networks(TRICKS[trick], seed=0), strict=True):
            for x, y in zip(a.parameters(), b.parameters(), strict=True):
                assert torch.equal(x, y)


def test_rounds_fill_the_time_between_two_pictures():
    assert all(playback.EVERY % (game.g_steps + game.d_steps) == 0 for game in GAMES.values())


def test_collapse_at_five_to_one_and_modes_lost_at_one_to_five():
    ends = {name: lab.ends(name) for name in GAMES}
    assert max(ends["5:1"]) <= 2
    assert min(ends["1:1"]) >= 7
    assert sum(ends["1:1"]) - sum(ends["1:5"]) >= 3
    assert all(b > a for a, b in zip(ends["5:1"], ends["5:1 packed"], strict=True))


def test_bad_input():
    with pytest.raises(ValueError, match=r"^name:"):
        play_game("1:7", seed=0)
    with pytest.raises(ValueError, match=r"^pictures:"):
        play_game("1:1", seed=0, pictures=0)


def test_the_experiment_writes_what_is_shipped(tmp_path):
    files = [tmp_path / name for name in ("a.json", "a.npz", "b.json")]
    ring_playback.publish(*files, seeds=1, pictures=1)
    with np.load(files[1], allow_pickle=False) as file:
        levels = torch.from_numpy(file["levels"])
    assert levels.shape == (len(GAMES), 2, DRAWN, 2)
    for name, played in zip(GAMES, levels, strict=True):
        known = from_levels(playback_record()[1][name].levels[:2])
        assert furthest(known, played) <= 0.05
    assert list(json.loads(files[0].read_text())["covered"]) == list(GAMES)
    assert {"commit", "device", "date", "seconds"} <= json.loads(files[2].read_text()).keys()


def test_the_control_says_what_it_counts():
    control = live.show("ring-gan")
    control.game.value, control.time.value = "5:1", 20
    said = re.sub("<.*?>", "", control.verdict.value)
    assert said == lab.sentence("5:1", 20)
    assert said.startswith("Five steps of G to one of D, after 1200 of 3000 updates: 1 of 8 modes")
    png = control.picture.value
    control.time.value = 21
    assert control.picture.value != png


def test_the_files_are_light_and_the_same_each_time(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        lab.write(tmp_path / name)
    first, second = (sorted((tmp_path / name).iterdir()) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    played = [path for path in first if not path.name.startswith("fallback")]
    assert sum(path.stat().st_size for path in played) <= 122_000
    fallback = json.loads((tmp_path / "a" / "fallback.json").read_text())
    assert len(fallback["table"]["rows"]) == len(GAMES)
