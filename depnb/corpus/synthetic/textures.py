"""Skin, background, noise and soft edges: what the painter of a generated face is given, and its small tools."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from depnb.corpus.synthetic import geometry
from depnb.corpus.synthetic.geometry import bell, bump
from depnb.corpus.synthetic.people import Person, Scene

MAP_HALF = 1.30
"""The maps cover face coordinates −1.30 … 1.30."""


def surface_maps(person: Person, scene: Scene, resolution: int, rng: np.random.Generator) -> Tensor:
    """Height, normal (3) and albedo (3) of the neutral face over face coordinates: [1, 7, R, R]."""
    axis = torch.linspace(-MAP_HALF, MAP_HALF, resolution)
    v, u = torch.meshgrid(axis, axis, indexing="ij")
    w = geometry.height(person, u, v)
    step = 0.01
    slope_u = (geometry.height(person, u + step, v) - geometry.height(person, u - step, v)) / (2 * step)
    slope_v = (geometry.height(person, u, v + step) - geometry.height(person, u, v - step)) / (2 * step)
    normal = torch.stack([-slope_u, -slope_v, torch.ones_like(u)])
    normal = normal / normal.norm(dim=0)
    return torch.cat([w[None], normal, albedo(person, u, v, rng)])[None]


def albedo(person: Person, u: Tensor, v: Tensor, rng: np.random.Generator) -> Tensor:
    """Colour of everything on the face that does not move: [3, R, R]."""
    shape = u.shape
    skin, hair = torch.tensor(person.skin), torch.tensor(person.hair)
    side = u.abs()
    albedo = skin.view(3, 1, 1) * (1 + 0.045 * smooth_noise(rng, shape, 14) + 0.03 * smooth_noise(rng, shape, 48))
    red = skin * torch.tensor([1.0, 0.74, 0.72])
    albedo = mixed(
        albedo,
        red,
        0.38 * bump(side - 0.34, v - 0.20, 0.17, 0.13) + 0.25 * bump(u, v - person.nose_tip, 0.10, 0.07),
    )
    albedo = mixed(albedo, skin * 0.72, 0.30 * bump(side - person.eye_x, v - person.eye_y, 0.19, 0.11))
    freckle = (smooth_noise(rng, shape, 90) - 1.1).clamp(min=0) * bump(side - 0.2, v - 0.12, 0.3, 0.16)
    albedo = mixed(albedo, skin * torch.tensor([0.70, 0.55, 0.45]), (person.freckles * 1.2 * freckle).clamp(0, 0.8))
    albedo = mixed(
        albedo,
        skin * 0.28,
        0.80 * bump(side - person.nose_width * 0.42, v - person.nose_tip - 0.055, 0.030, 0.015),
    )
    albedo = mixed(albedo, skin * 0.55, 0.40 * bump(u, v - person.nose_tip - 0.082, person.nose_width * 0.8, 0.016))
    wing = torch.sqrt((side - person.nose_width * 0.62) ** 2 + (v - person.nose_tip - 0.01) ** 2)
    crease = bell((wing - 0.058) / 0.013) * torch.sigmoid((side - person.nose_width * 0.62) / 0.012)
    albedo = mixed(albedo, skin * 0.50, 0.45 * crease)
    lines = torch.exp(-((torch.sin(34 * v + 1.5 * smooth_noise(rng, shape, 6)) - 1) ** 2) / 0.08)
    forehead = bump(u, v + 0.42, 0.34, 0.12)
    fold = bump(side - 0.235 - 0.35 * (v - 0.35), v - 0.35, 0.016, 0.11)
    crow = torch.exp(-((torch.sin(60 * (v - person.eye_y) - 18 * (side - 0.5)) - 1) ** 2) / 0.1)
    crow = crow * bump(side - person.eye_x - person.eye_width - 0.07, v - person.eye_y, 0.06, 0.07)
    wrinkles = max(0.0, person.age - 0.25) * (0.55 * lines * forehead + 0.75 * fold + 0.5 * crow)
    albedo = mixed(albedo, skin * 0.58, wrinkles.clamp(0, 0.6))
    if person.beard:
        zone = torch.sigmoid((v - 0.50 - 0.55 * (0.62 - side).clamp(min=0) * (side > 0.3)) / 0.05)
        zone = zone * torch.sigmoid((side + v - 0.72) / 0.04)
        moustache = bump(u, v - (person.nose_tip + person.mouth_y) / 2 - 0.045, 0.20, 0.045)
        chin = bump(u, v - 0.80, 0.24, 0.16)
        grain = 0.75 + 0.25 * smooth_noise(rng, shape, 110)
        cover = torch.maximum(torch.maximum(zone, chin), moustache) * grain
        albedo = mixed(albedo, hair * 0.85 + skin * 0.10, (person.beard * cover).clamp(0, 0.92))
    if person.hair_style != "bald":
        recede = 0.16 if person.hair_style == "receding" else 0.0
        line = -person.hairline - recede + 0.16 * (u - person.parting * 0.5) ** 2 / 0.3
        if person.hair_style in ("long", "bob"):
            line = line - 0.10 * bell((u - person.parting) / 0.14)
        temple = torch.sigmoid((side - person.face_width * 0.90) / 0.02) * torch.sigmoid((-0.02 - v) / 0.04)
        front = torch.sigmoid((line + 0.025 * smooth_noise(rng, shape, 30) - v) / 0.022)
        strands = (
            0.92
            + 0.09 * smooth_noise(rng, shape, 9, 90)
            + 0.05 * torch.sin(17 * (u - person.parting) + 6 * v * u.sign())
        )
        cover = torch.maximum(front, 0.9 * temple)
        albedo = albedo + (hair.view(3, 1, 1) * strands - albedo) * cover
    return albedo.clamp(0.01, 1)


def background(scene: Scene, x: Tensor, y: Tensor) -> Tensor:
    """The room, out of focus: [3, H, W]."""
    rng = np.random.default_rng(scene.texture_seed + 1)
    x, y = x[0], y[0]
    base = torch.tensor(scene.background).view(3, 1, 1)
    room = base * (0.92 + 0.10 * scene.light_x * x - 0.06 * y)
    offset = float(rng.uniform(-0.8, 0.8))
    if scene.background_kind == "shelf":
        for k in range(14):
            left, top = float(rng.uniform(-1.9, 1.9)), float(rng.choice([-1.15, -0.55, 0.05]))
            book = torch.sigmoid((0.07 - (x - left).abs()) / 0.03) * torch.sigmoid((0.22 - (y - top).abs()) / 0.03)
            room = mixed(room, torch.tensor(rng.uniform(0.1, 0.8, 3), dtype=torch.float32), 0.75 * book)
            board = torch.sigmoid((0.03 - (y - top - 0.26).abs()) / 0.02)
            room = mixed(room, base.flatten() * 0.55, 0.5 * board)
            if k > 4 + 10 * rng.random():
                break
    elif scene.background_kind == "window":
        pane = torch.sigmoid((0.45 - (x - offset - 0.6).abs()) / 0.04) * torch.sigmoid((0.7 - (y + 0.6).abs()) / 0.04)
        room = mixed(room, torch.tensor([0.90, 0.95, 1.0]), 0.75 * pane)
        frame = torch.sigmoid((0.03 - (x - offset - 0.6).abs()) / 0.02) * pane
        room = mixed(room, base.flatten() * 0.7, 0.7 * frame)
    elif scene.background_kind == "curtain":
        room = room * (0.94 + 0.07 * torch.sin(11 * x + offset * 6 + 0.6 * torch.sin(2 * y)))
    return room.clamp(0, 1)


def sensor_noise(scene: Scene, size: tuple[int, int]) -> Tensor:
    """One field of sensor noise [3, H, W]; frames use it at random shifts."""
    rng = np.random.default_rng(scene.texture_seed + 2)
    luma = rng.normal(size=(1, *size))
    chroma = rng.normal(size=(3, *size))
    return torch.tensor(scene.noise * (0.8 * luma + 0.6 * chroma), dtype=torch.float32)


def smooth_noise(rng: np.random.Generator, shape: torch.Size, rows: int, columns: int | None = None) -> Tensor:
    """Smooth noise of about unit variance with so many cells down and across (square where not given)."""
    coarse = torch.tensor(rng.normal(size=(1, 1, rows, columns or rows)), dtype=torch.float32)
    return F.interpolate(coarse, size=tuple(shape), mode="bicubic", align_corners=False)[0, 0] * 1.3


def blur_kernel(sigma: float) -> Tensor | None:
    """Separable kernel as one small 2-D convolution [1, 1, k, k]; ``None`` for a sharp lens."""
    if sigma < 0.3:
        return None
    reach = int(np.ceil(2.5 * sigma))
    line = torch.exp(-(torch.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    kernel = line[:, None] * line[None]
    return (kernel / kernel.sum())[None, None]


def bounding_box(
    x: Tensor, y: Tensor, left: float, right: float, top: float, bottom: float
) -> tuple[slice, slice, slice]:
    """Index of the smallest box of pixels that holds the given range of coordinates in every frame."""
    within = ((x > left) & (x < right) & (y > top) & (y < bottom)).any(dim=0)  # [H, W]
    rows, columns = within.any(dim=1).nonzero().flatten(), within.any(dim=0).nonzero().flatten()
    if not len(rows):
        return slice(None), slice(0, 0), slice(0, 0)
    return slice(None), slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def soft_edge(distance: Tensor, width: float) -> Tensor:
    """Soft step from 0 to 1 over about ``width``."""
    return torch.sigmoid(distance * (4 / width))


def mixed(base: Tensor, colour: Tensor, amount: Tensor) -> Tensor:
    """Blend a colour [3] into a picture [..., 3, H, W] by an amount [..., H, W]."""
    return base + (colour.view(3, 1, 1) - base) * amount.unsqueeze(-3)
