"""Where every feature of a face lies: the one description that the painter and the landmarks share.

Face coordinates: u to the right of the picture, v down, w towards the viewer; the chin lies at v ≈ 0.9.
Functions take torch tensors of any matching shape. A ``Pose`` holds the per-frame numbers, shaped to
broadcast against the coordinates.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from depnb.corpus.synthetic.people import Person, Scene

JAW_DROP = 0.085
"""How far the chin sinks at a fully open mouth."""
HALF_VIEW = 1.35
"""Half the picture's height in face units at scale 1."""


@dataclass(frozen=True)
class Pose:
    """Per-frame state, each a tensor that broadcasts against the coordinates (``[F, 1, 1]`` or ``[F, 1]``)."""

    yaw: Tensor
    pitch: Tensor
    roll: Tensor
    shift_x: Tensor
    shift_y: Tensor
    scale: Tensor
    smile: Tensor
    open: Tensor
    blink: Tensor
    gaze_x: Tensor
    gaze_y: Tensor
    brow: Tensor
    lid: Tensor

    def __getitem__(self, frames: slice) -> "Pose":
        return Pose(**{name: value[frames] for name, value in vars(self).items()})


def pose_of(behaviour: dict, person: Person, scene: Scene, dims: int) -> Pose:
    """Combine trajectories [T] with the person's resting face and the session's framing.

    Args:
        behaviour: arrays [T] of ``behaviour.behave``.
        dims: how many singleton dimensions follow the frame dimension.
    """

    def shaped(name: str, add: float = 0.0) -> Tensor:
        values = torch.as_tensor(behaviour[name], dtype=torch.float32) + add
        return values.reshape(-1, *[1] * dims)

    return Pose(
        yaw=shaped("yaw"),
        pitch=shaped("pitch"),
        roll=shaped("roll"),
        shift_x=shaped("shift_x", scene.shift_x),
        shift_y=shaped("shift_y", scene.shift_y),
        scale=scene.scale * (1 + shaped("zoom")),
        smile=(shaped("smile", person.rest_mouth)).clamp(-2.6, 1.3),
        open=shaped("open").clamp(0, 1),
        blink=shaped("blink").clamp(0, 1),
        gaze_x=shaped("gaze_x").clamp(-1.3, 1.3),
        gaze_y=shaped("gaze_y").clamp(-1.0, 1.6),
        brow=shaped("brow", person.rest_brow).clamp(-2.0, 1.5),
        lid=shaped("lid", person.rest_lid),
    )


def bell(x: Tensor) -> Tensor:
    """exp(−x²). Far tails are cut: their denormal numbers take ten times as long."""
    return torch.exp2((x.square() * -1.4427).clamp_(min=-60))


def bump(du: Tensor, dv: Tensor, width: float, height: float) -> Tensor:
    """Gaussian bump of height 1."""
    return torch.exp2((du.square() * (-1.4427 / width**2) - dv.square() * (1.4427 / height**2)).clamp_(min=-60))


def inside(person: Person, u: Tensor, v: Tensor) -> Tensor:
    """Positive within the face's outline, 1 at the centre, 0 on the outline."""
    down = (v / person.chin).clamp(0, 1)
    half_width = person.face_width * (1 - person.taper * down**2)
    half_height = torch.where(v > 0, person.chin, person.forehead)
    return 1 - (u / half_width) ** 2 - (v / half_height) ** 2


def height(person: Person, u: Tensor, v: Tensor) -> Tensor:
    """Height w of the neutral face above the plane of the ears."""
    soft = 0.03
    w = person.depth * ((inside(person, u, v).clamp(min=0) + soft).sqrt() - soft**0.5) * 1.17
    side = u.abs()
    bridge_top = person.eye_y - 0.04
    along = ((v - bridge_top) / (person.nose_tip - bridge_top)).clamp(0, 1)
    ends = torch.sigmoid((person.nose_tip + 0.045 - v) / 0.018) * torch.sigmoid((v - bridge_top + 0.05) / 0.04)
    ridge = bell(u / (person.nose_width * (0.42 + 0.30 * along)))
    w = w + person.nose_height * (0.25 + 0.75 * along**1.3) * ridge * ends
    w = w + 0.055 * bump(side - person.nose_width * 0.62, v - person.nose_tip - 0.005, 0.045, 0.05)
    w = w - 0.070 * bump(side - person.eye_x, v - person.eye_y, 0.15, 0.09)
    w = w + 0.030 * bump(side - person.eye_x, v - person.eye_y, 0.09, 0.055)
    w = w + 0.040 * bump(side - person.eye_x, v - (person.eye_y - person.brow_gap), 0.22, 0.06)
    w = w + 0.045 * bump(side - 0.36, v - 0.17, 0.16, 0.13)
    w = w + 0.045 * bump(u, v - person.mouth_y, person.mouth_width * 1.1, 0.11)
    w = w - 0.020 * bump(u, v - person.mouth_y - 0.125, 0.14, 0.035)
    return w + 0.045 * bump(u, v - 0.76, 0.15, 0.10)


def jaw(person: Person, v: Tensor) -> Tensor:
    """Share of the jaw's movement at height ``v`` of the neutral face: 0 above the mouth, 1 below it."""
    t = ((v - person.mouth_y + 0.02) / 0.12).clamp(0, 1)
    return t * t * (3 - 2 * t)


def neutral_v(person: Person, v: Tensor, open_: Tensor) -> Tensor:
    """Inverse of the jaw's movement: which neutral height is seen at height ``v`` (two fixed-point steps)."""
    drop = JAW_DROP * open_
    return v - drop * jaw(person, v - drop * jaw(person, v))


def lids(person: Person, pose: Pose, t: Tensor) -> tuple[Tensor, Tensor]:
    """Upper and lower lid edge, relative to the eye's centre, at t = −1 (outer corner) … 1 (inner corner)."""
    profile = (1 - t**2).clamp(min=0)
    openness = (1 + pose.lid).clamp(0.25, 1.3) - 0.12 * pose.gaze_y.clamp(min=0)
    smile = pose.smile.clamp(min=0)
    rise = person.eye_height * 1.05 * openness * (profile * profile.sqrt()).sqrt()
    lower = person.eye_height * (0.62 - 0.20 * smile) * profile
    upper = -rise + pose.blink * (rise + lower * 0.9)
    tilt = person.eye_tilt * person.eye_width * t
    return upper - tilt, lower - tilt


def brow_line(person: Person, pose: Pose, t: Tensor) -> Tensor:
    """Height v of the brow's centre line at t = −1 (outer end) … 1 (inner end)."""
    arch = person.brow_arch * (1 - (t + 0.25) ** 2)
    inner = ((t + 1) / 2) ** 2
    lower = (-pose.brow).clamp(min=0)
    raise_ = pose.brow.clamp(min=0)
    return person.eye_y - person.brow_gap - arch - 0.045 * raise_ + lower * (0.018 + 0.040 * inner)


BROW_HALF_WIDTH = 0.185


def mouth_half_width(person: Person, pose: Pose) -> Tensor:
    """Half the distance of the mouth's corners."""
    return person.mouth_width * (1 + 0.16 * pose.smile.clamp(min=0) - 0.10 * pose.open)


def lips(person: Person, pose: Pose, t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Heights v of the four lip edges at t = −1 … 1 (picture's left to right corner).

    Returns:
        Upper edge of the upper lip, its lower edge, upper edge of the lower lip, its lower edge.
    """
    profile = (1 - t**2).clamp(min=0)
    corner = -0.072 * pose.smile
    middle = person.mouth_y + corner * t**2 + 0.35 * corner * (t**2 - 0.5).clamp(min=0)
    round_ = profile.sqrt()
    gap = JAW_DROP * pose.open * round_
    upper_inner = middle - 0.12 * gap
    lower_inner = middle + 0.88 * gap
    thin = 1 - 0.18 * pose.smile.clamp(min=0)
    bow = 1 - 0.22 * bell(t / 0.16)
    upper = upper_inner - person.upper_lip * thin * (profile * round_).sqrt() * bow
    lower = lower_inner + person.lower_lip * thin * (round_ * (profile * round_).sqrt()).sqrt()
    return upper, upper_inner, lower_inner, lower


def to_picture(
    person: Person, pose: Pose, u: Tensor, v: Tensor, size: tuple[int, int], w: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Project points of the expressed face to pixels (x, y); pixel centres lie at integers.

    Args:
        size: (height, width) of the picture in pixels.
        w: height above the plane of the ears; taken from the surface where ``None``.
    """
    u, v = torch.broadcast_tensors(u, v)
    if w is None:
        w = height(person, u, neutral_v(person, v, pose.open))
    u = u + person.asymmetry * v
    cos_yaw, sin_yaw, cos_pitch, sin_pitch = (
        pose.yaw.cos(),
        pose.yaw.sin(),
        pose.pitch.cos(),
        pose.pitch.sin(),
    )
    x, depth = cos_yaw * u + sin_yaw * w, cos_yaw * w - sin_yaw * u
    y = cos_pitch * v + sin_pitch * depth
    cos_roll, sin_roll = pose.roll.cos(), pose.roll.sin()
    x, y = cos_roll * x - sin_roll * y, sin_roll * x + cos_roll * y
    rows, columns = size
    unit = rows / (2 * HALF_VIEW)
    return (
        (x * pose.scale + pose.shift_x) * unit + (columns - 1) / 2,
        (y * pose.scale + pose.shift_y) * unit + (rows - 1) / 2,
    )


def landmarks(person: Person, pose: Pose, size: tuple[int, int]) -> Tensor:
    """The 68 points of the iBUG scheme, exact by construction.

    Args:
        pose: shaped ``[F, 1]``.
        size: (height, width) of the picture in pixels.

    Returns:
        float32 [F, 68, 2], pixels (x, y). 0–16 jaw, 17–26 brows, 27–35 nose, 36–47 eyes, 48–67 mouth; left in
        the picture first.
    """
    points = [*_jaw_points(person, pose), *_brow_points(person, pose), *_nose_points(person)]
    points += [*_eye_points(person, pose), *_mouth_points(person, pose)]
    frames = pose.yaw.shape[0]
    u = torch.cat([torch.as_tensor(a, dtype=torch.float32).expand(frames, 1) for a, _ in points], dim=1)
    v = torch.cat([torch.as_tensor(b, dtype=torch.float32).expand(frames, 1) for _, b in points], dim=1)
    x, y = to_picture(person, pose, u, v, size)
    return torch.stack([x, y], dim=-1)  # [F, 68, 2]


def _jaw_points(person: Person, pose: Pose):
    """Seventeen points at equal distances along the outline, from eye level over the chin to eye level."""
    v = torch.linspace(person.eye_y + 0.02, person.chin * 0.985, 200)
    half = person.face_width * (1 - person.taper * (v / person.chin).clamp(min=0) ** 2)
    u = half * (1 - (v / person.chin).clamp(min=0) ** 2).sqrt()
    v, u = torch.cat([v, v[-1:]]), torch.cat([u, torch.zeros(1)])
    along = torch.cat([torch.zeros(1), torch.hypot(u.diff(), v.diff()).cumsum(0)])
    for k in range(-8, 9):
        at = int(torch.searchsorted(along, along[-1] * (1 - abs(k) / 8)).clamp(max=len(v) - 1))
        yield (1 if k > 0 else -1) * u[at], v[at] + JAW_DROP * pose.open * jaw(person, v[at])


def _brow_points(person: Person, pose: Pose):
    for side, order in ((-1, (-1.0, -0.5, 0.0, 0.5, 1.0)), (1, (1.0, 0.5, 0.0, -0.5, -1.0))):
        for t in order:
            at = torch.tensor(t * 0.94)
            yield side * (person.eye_x - at * BROW_HALF_WIDTH), brow_line(person, pose, at)


def _nose_points(person: Person):
    top = person.eye_y - 0.02
    for k in range(4):
        yield torch.tensor(0.0), torch.tensor(top + (person.nose_tip - top) * k / 3)
    base = person.nose_tip + 0.075
    for across, lift in zip((-1, -0.5, 0, 0.5, 1), (0.024, 0.008, 0, 0.008, 0.024), strict=True):
        yield torch.tensor(across * person.nose_width * 0.72), torch.tensor(base - lift)


def _eye_points(person: Person, pose: Pose):
    orders = {
        -1: ((-1.0, 0), (-0.36, 0), (0.36, 0), (1.0, 0), (0.36, 1), (-0.36, 1)),
        1: ((1.0, 0), (0.36, 0), (-0.36, 0), (-1.0, 0), (-0.36, 1), (0.36, 1)),
    }
    for side, order in orders.items():
        for t, which in order:
            at = torch.tensor(t)
            yield side * (person.eye_x - at * person.eye_width), person.eye_y + lids(person, pose, at)[which]


def _mouth_points(person: Person, pose: Pose):
    outer_up, outer_low = (-1.0, -0.62, -0.24, 0.0, 0.24, 0.62, 1.0), (0.62, 0.24, 0.0, -0.24, -0.62)
    inner_up, inner_low = (-0.86, -0.32, 0.0, 0.32, 0.86), (0.32, 0.0, -0.32)
    half = mouth_half_width(person, pose)
    for edge, order in ((0, outer_up), (3, outer_low), (1, inner_up), (2, inner_low)):
        for t in order:
            at = torch.tensor(t)
            yield half * at, lips(person, pose, at)[edge]
