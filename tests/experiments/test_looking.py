"""What networks look at, on made-up frames of a known face."""

from pathlib import Path

import numpy as np
import pytest
import torch

from depnb.corpus.records import Recording
from depnb.evaluation import maps
from depnb.experiments.looking import Looks, covered, frames_of, grad_cam, look, open_network
from depnb.experiments.networks import committed
from depnb.faces.regions import REGIONS, face_regions
from depnb.inputs.videos import Frames
from depnb.reports.looking import measured

SIZE = 80


@pytest.fixture(scope="module")
def opened():
    return open_network(committed())


@pytest.fixture(scope="module")
def frames():
    rng = torch.Generator().manual_seed(0)
    marks = torch.tensor(np.array(measured()["landmarks"]) * SIZE - 0.5, dtype=torch.float32)
    people = [Recording(f"{k}_1", str(k), "unseen", "Northwind", Path(f"{k}.mp4"), 10.0 + k) for k in range(2)]
    pixels = torch.randint(0, 256, (2, 4, 3, SIZE, SIZE), generator=rng, dtype=torch.uint8)
    return Frames(pixels, tuple(people), landmarks=(marks.expand(4, 68, 2),) * 2)


def test_a_look_is_a_map_with_the_regions_of_its_frame(opened, frames):
    found = look(opened, opened.network, frames)
    assert found.cells.shape == (2, 2, 3, 3)
    assert found.maps.shape == found.regions.shape == (2, 2, SIZE, SIZE)
    assert np.array_equal(found.regions[0, 0], face_regions(frames.landmarks[0][0].numpy(), SIZE))
    spec = opened.input_spec
    _, raw = grad_cam(opened.network, spec.prepare(frames.clips([(1, 1), (1, 3)], spec), False))
    assert np.allclose(found.cells[1], raw, atol=1e-5)  # the middles of the halves of four frames
    assert np.allclose(found.over_people(maps.energy).sum(1), 1)


def test_numbers_of_known_maps():
    """Two people with one look each: one map is all mouth, the other one is even; a quarter of the crop is mouth."""
    regions = np.full((2, 1, 4, 4), -1, np.int8)
    regions[..., :2, :2], regions[..., 2:, 2:] = 0, 4
    cells = np.zeros((2, 1, 4, 4))
    cells[0, 0, :2, :2], cells[1] = -1, 1
    found = Looks(np.zeros(2), np.zeros(2), cells, regions, np.zeros((2, 1, 68, 2)), 1)
    assert found.over_people(maps.energy)[:, 0].tolist() == [1, 0.5]
    assert found.area()[:, [0, 4]].tolist() == [[0.5, 0.5]] * 2
    energy, area = found.outside()
    assert energy.tolist() == [0, 0.5]
    assert area.tolist() == [0.5, 0.5]
    assert found.empty == 0.5  # nothing raises the score in the first
    assert np.allclose(found.mean_map(2)[0], [[2.5, 0.5], [0.5, 0.5]])
    hits = found.over_people(maps.pointing_game)
    assert hits[0, 0] == 1
    assert np.isnan(hits[1]).all()


def test_painting_over_changes_only_what_the_network_looks_at(opened, frames):
    class Corner(torch.nn.Module):
        def forward(self, inputs):
            return inputs[:, :, :4, :4].mean((1, 2, 3))

        def score(self, output):
            return 10 * output

    from dataclasses import replace

    changes = covered(replace(opened, network=Corner()), frames)
    assert changes.shape == (2, len(REGIONS) + 1)
    assert np.allclose(changes[:, :-1], 0)  # the corner is outside the face
    assert (changes[:, -1] > 0).all()


def test_the_cascade_ends_at_the_untrained_network(opened):
    stages = ("head", "body.layer4", "body.layer3", "body.layer2", "body.layer1", "body.bn1", "body.conv1")
    trained = {name: value.clone() for name, value in opened.network.state_dict().items()}
    seen = {stage: dict(network.state_dict()) for stage, network in opened.cascaded(stages, seed=3)}
    assert list(seen) == list(stages)
    fresh = opened.fresh(3).state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in seen["body.conv1"].items())
    assert all(torch.equal(value, trained[name]) for name, value in opened.network.state_dict().items())


def test_a_stage_that_is_not_there_is_named(opened):
    with pytest.raises(ValueError, match="layer9"):
        list(opened.cascaded(["layer9"], seed=0))


def test_frames_come_with_landmarks(opened, monkeypatch):
    asked = []
    monkeypatch.setattr("depnb.inputs.loading.load", lambda recordings, spec, frames, size: asked.append((spec, size)))
    frames_of([], opened)
    ((spec, size),) = asked
    assert spec.landmarks
    assert size == SIZE
