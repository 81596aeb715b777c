"""Painted faces lie where the geometry says, and are the same every time."""

import numpy as np
import pytest
import torch

from depnb.corpus.synthetic import geometry
from depnb.corpus.synthetic.behaviour import behave
from depnb.corpus.synthetic.people import draw_person, draw_scene
from depnb.corpus.synthetic.render import Painter, render

SIZE = (128, 128)


def actors(seed):
    return draw_person(np.random.default_rng([1, seed])), draw_scene(np.random.default_rng([2, seed]))


def movement(seed, severity=0.3, frames=8):
    behaviour = behave(np.random.default_rng([3, seed]), severity, "Freeform", frames, 8.0)
    behaviour["hidden"][:] = 0
    return behaviour


@pytest.mark.parametrize("seed", range(4))
def test_unprojection_inverts_the_projection(seed):
    person, scene = actors(seed)
    pose = geometry.pose_of(movement(seed), person, scene, dims=2)
    painter = Painter(person, scene, SIZE)
    x, y, _ = painter._head_coordinates(pose)
    u, v = painter._unproject(pose, x, y)
    seen_x, seen_y = geometry.to_picture(person, pose, u, v, SIZE)
    rows, columns = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    inner = geometry.inside(person, u, v) > 0.35
    error = torch.hypot(seen_x - columns, seen_y - rows)[inner]
    assert inner.float().mean() > 0.1
    assert error.median() < 0.3
    assert error.quantile(0.95) < 1.5


@pytest.mark.parametrize("seed", range(4))
def test_landmarks_follow_the_ibug_order(seed):
    person, scene = actors(seed)
    behaviour = movement(seed)
    for name in ("yaw", "roll"):
        behaviour[name][:] = 0
    points = geometry.landmarks(person, geometry.pose_of(behaviour, person, scene, dims=1), SIZE)
    assert points.shape == (8, 68, 2)
    assert torch.isfinite(points).all()
    x, y = points[..., 0], points[..., 1]
    assert (y[:, :8] < y[:, 1:9]).all()
    assert (y[:, 8:16] > y[:, 9:17]).all()
    assert (x[:, :8] < x[:, 9:17].flip(1)).all()
    assert (x[:, 17:26] < x[:, 18:27]).all()
    assert (y[:, 27:30] < y[:, 28:31]).all()
    assert (x[:, 36] < x[:, 39]).all()
    assert (x[:, 39] < x[:, 42]).all()
    assert (x[:, 42] < x[:, 45]).all()
    assert (y[:, 37] <= y[:, 41] + 1e-3).all()
    assert (x[:, 48] < x[:, 51]).all()
    assert (x[:, 51] < x[:, 54]).all()
    assert (y[:, 51] < y[:, 57]).all()
    assert (y[:, 62] <= y[:, 66] + 1e-3).all()
    assert (y[:, 8] > y[:, 57]).all()


def test_expressions_move_their_points():
    person, scene = actors(1)
    still = {name: np.zeros(1) for name in movement(1)} | {"hidden": np.zeros(1, dtype=int)}

    def points(**changes):
        behaviour = still | {name: np.full(1, value) for name, value in changes.items()}
        return geometry.landmarks(person, geometry.pose_of(behaviour, person, scene, dims=1), SIZE)[0]

    rest = points()
    assert points(smile=1.0)[48, 1] < rest[48, 1]
    assert points(smile=-1.0)[48, 1] > rest[48, 1]
    assert points(open=1.0)[66, 1] - points(open=1.0)[62, 1] > 2
    assert points(open=1.0)[8, 1] > rest[8, 1]
    shut = points(blink=1.0)
    assert shut[41, 1] - shut[37, 1] < 0.3 * (rest[41, 1] - rest[37, 1])
    assert points(brow=-1.0)[21, 1] > rest[21, 1]
    assert points(yaw=0.3)[30, 0] > rest[30, 0]
    assert points(pitch=0.2)[30, 1] > rest[30, 1]


def test_the_eye_is_painted_at_its_landmarks():
    person, scene = actors(3)
    behaviour = {name: np.zeros(1) for name in movement(3)} | {"hidden": np.zeros(1, dtype=int)}
    pose = geometry.pose_of(behaviour, person, scene, dims=1)
    centre = geometry.landmarks(person, pose, (256, 256))[0, 36:42].mean(dim=0).round().int().tolist()
    pictures = {}
    for blink in (0.0, 1.0):
        behaviour["blink"] = np.full(1, blink)
        pictures[blink] = render(behaviour, person, scene, (256, 256))[0].float()
    change = (pictures[0.0] - pictures[1.0]).abs().mean(dim=-1)
    rows, columns = slice(centre[1] - 8, centre[1] + 9), slice(centre[0] - 14, centre[0] + 15)
    assert change[rows, columns].mean() > 20 * change.mean()


def test_same_input_same_frames():
    person, scene = actors(2)
    first, second = (render(movement(2), person, scene, SIZE) for _ in range(2))
    assert first.dtype == torch.uint8
    assert first.shape == (8, 128, 128, 3)
    assert torch.equal(first, second)


def test_frames_need_not_be_square():
    person, scene = actors(2)
    assert render(movement(2, frames=2), person, scene, (96, 128)).shape == (2, 96, 128, 3)


@pytest.mark.parametrize("kind", [1, 2])
def test_hidden_faces_are_hidden(kind):
    person, scene = actors(4)
    behaviour = movement(4, frames=2)
    behaviour["hidden"] = np.array([0, kind])
    for name, path in behaviour.items():
        if name != "hidden":
            path[1] = path[0]
    shown, hidden = render(behaviour, person, scene, SIZE).float()
    assert (shown - hidden)[40:90, 40:90].abs().mean() > 15
