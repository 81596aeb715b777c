"""Paint a talking face: from person, scene and trajectories to RGB frames.

What does not move (skin, wrinkles, freckles, stubble, front hair, surface normals) is painted once per video
into maps over face coordinates. Per frame, each pixel's face coordinates are found by inverting the projection
with fixed-point steps, the maps are looked up there, and eyes, brows and mouth are painted on top at exactly
the curves of ``geometry``.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from depnb.corpus.synthetic import geometry
from depnb.corpus.synthetic.geometry import HALF_VIEW, Pose, bell, bump
from depnb.corpus.synthetic.people import Person, Scene
from depnb.corpus.synthetic.textures import (
    MAP_HALF,
    background,
    blur_kernel,
    bounding_box,
    mixed,
    sensor_noise,
    soft_edge,
    surface_maps,
)

CHUNK = 8
"""Frames painted at once: small enough for the processor's cache."""


def render(behaviour: dict[str, np.ndarray], person: Person, scene: Scene, size: tuple[int, int]) -> Tensor:
    """Paint one video.

    Args:
        behaviour: trajectories [T] of ``behaviour.behave``.
        size: (height, width) in pixels.

    Returns:
        uint8 [T, H, W, 3] RGB.
    """
    pose = geometry.pose_of(behaviour, person, scene, dims=2)
    painter = Painter(person, scene, size)
    frames = len(behaviour["yaw"])
    noise = sensor_noise(scene, size)
    rolls = np.random.default_rng(scene.texture_seed).integers(0, size, (frames, 2))
    painted = torch.empty((frames, *size, 3), dtype=torch.uint8)
    for start in range(0, frames, CHUNK):
        part = slice(start, min(start + CHUNK, frames))
        picture = painter.paint(pose[part], behaviour["hidden"][part])  # [F, 3, H, W]
        for k, frame in enumerate(range(part.start, part.stop)):
            picture[k] += noise.roll(tuple(int(r) for r in rolls[frame]), dims=(1, 2))
        painted[part] = picture.clamp_(0, 1).mul_(255).round_().permute(0, 2, 3, 1).to(torch.uint8)
    return painted


class Painter:
    """Holds the maps and the still background of one video."""

    def __init__(self, person: Person, scene: Scene, size: tuple[int, int]):
        self.person, self.scene, self.size = person, scene, size
        rows, columns = size
        unit = 2 * HALF_VIEW / rows
        self.pixel = unit
        y = (torch.arange(rows) - (rows - 1) / 2) * unit
        x = (torch.arange(columns) - (columns - 1) / 2) * unit
        self.y, self.x = (grid[None] for grid in torch.meshgrid(y, x, indexing="ij"))  # [1, H, W]
        rng = np.random.default_rng(person.texture_seed)
        resolution = int(np.clip(1.5 * rows, 128, 512))
        self.maps = surface_maps(person, scene, resolution, rng)  # [1, 7, R, R]
        self.background = background(scene, self.x, self.y)  # [3, H, W]
        self.softness = blur_kernel(scene.softness * rows / 128)

    def paint(self, pose: Pose, hidden: np.ndarray) -> Tensor:
        """Paint F frames; ``hidden`` [F] is 0 (face seen), 1 (hand in front) or 2 (nobody there).

        Returns:
            float32 [F, 3, H, W] in gamma-encoded RGB, about 0–1.
        """
        away = torch.from_numpy(hidden == 2).view(-1, 1, 1)
        hand = torch.from_numpy(hidden == 1).view(-1, 1, 1)
        head_x, head_y, edge = self._head_coordinates(pose)
        picture = self._behind(pose, head_x, head_y, edge)
        box = bounding_box(head_x, head_y, -0.85, 0.85, -1.15, 1.25)
        face, mask = self._face(pose, head_x[box], head_y[box], edge)
        seen = picture[(slice(None), *box)]
        seen += (face - seen) * mask[:, None]
        if bool(hand.any()):
            picture = torch.where(hand[:, None], self._hand(picture, head_x, head_y), picture)
        picture = torch.where(away[:, None], self.background[None], picture)
        picture = self._camera(picture)
        return picture

    def _head_coordinates(self, pose: Pose) -> tuple[Tensor, Tensor, float]:
        """Picture plane without shift, scale and roll, and the width of a pixel in it."""
        x, y = (self.x - pose.shift_x) / pose.scale, (self.y - pose.shift_y) / pose.scale
        cos, sin = pose.roll.cos(), pose.roll.sin()
        return cos * x + sin * y, cos * y - sin * x, self.pixel / self.scene.scale

    def _unproject(self, pose: Pose, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Face coordinates (u, v) seen at picture-plane points, by damped fixed-point steps."""
        person = self.person
        cos_yaw, sin_yaw, cos_pitch, sin_pitch = (
            pose.yaw.cos(),
            pose.yaw.sin(),
            pose.pitch.cos(),
            pose.pitch.sin(),
        )
        coarse_x, coarse_y = x[:, ::2, ::2], y[:, ::2, ::2]
        u, v = coarse_x / cos_yaw, coarse_y / cos_pitch

        def step(u: Tensor, v: Tensor, x: Tensor, y: Tensor, weight: float) -> tuple[Tensor, Tensor]:
            w = self._lookup(u - person.asymmetry * v, geometry.neutral_v(person, v, pose.open), slice(0, 1))[:, 0]
            seen_x = cos_yaw * u + sin_yaw * w
            seen_y = cos_pitch * v + sin_pitch * (cos_yaw * w - sin_yaw * u)
            return u + weight * (x - seen_x), v + weight * (y - seen_y)

        for weight in (1.0, 0.8, 0.8, 0.7):
            u, v = step(u, v, coarse_x, coarse_y, weight)
        fine = F.interpolate(torch.stack([u, v], dim=1), size=x.shape[1:], mode="bilinear", align_corners=False)
        # Sampling every second pixel starts at pixel 0, so the coarse grid lies half a pixel up and left.
        half = 0.5 * self.pixel / self.scene.scale
        u, v = fine[:, 0] + half, fine[:, 1] + half  # [F, H, W]
        u, v = step(u, v, x, y, 0.7)
        return u - person.asymmetry * v, v

    def _lookup(self, u: Tensor, v: Tensor, channels: slice) -> Tensor:
        """Bilinear look-up in the maps: [F, C, H, W]."""
        grid = torch.stack([u, v], dim=-1) / MAP_HALF
        maps = self.maps[:, channels].expand(u.shape[0], -1, -1, -1)
        return F.grid_sample(maps, grid, padding_mode="border", align_corners=True)

    def _face(self, pose: Pose, x: Tensor, y: Tensor, edge: float) -> tuple[Tensor, Tensor]:
        """Shaded face [F, 3, H, W] and its mask [F, H, W]."""
        person, scene = self.person, self.scene
        u, v = self._unproject(pose, x, y)
        neutral = geometry.neutral_v(person, v, pose.open)
        side = u.abs()
        cheek = bump(side - 0.30, neutral - 0.30, 0.16, 0.16)
        lift = 0.035 * pose.smile * cheek
        looked_up = self._lookup(u, neutral + lift, slice(1, 7))
        normal, albedo = looked_up[:, :3], looked_up[:, 3:]  # [F, 3, H, W]
        fold = bump(side - 0.235 - 0.35 * (neutral - 0.35), neutral - 0.36, 0.022, 0.10)
        albedo = albedo * (1 - 0.30 * fold * pose.smile.clamp(0, 1))[:, None]
        worry = bump(side - 0.045, neutral - person.eye_y + person.brow_gap * 0.9, 0.014, 0.06)
        albedo = albedo * (1 - 0.35 * worry * (-pose.brow).clamp(0, 1.5))[:, None]
        box = bounding_box(u, v, -0.75, 0.75, person.eye_y - 0.34, person.eye_y + 0.25)
        colour = (slice(None), *box)
        albedo[colour] = self._eyes(pose, albedo[colour], u[box], v[box], edge)
        box = bounding_box(u, v, -0.42, 0.42, person.mouth_y - 0.22, person.mouth_y + 0.32)
        colour = (slice(None), *box)
        albedo[colour] = self._mouth(pose, albedo[colour], u[box], v[box], edge)
        light = torch.tensor([scene.light_x, scene.light_y, 0.8])
        light = light / light.norm()
        cos_yaw, sin_yaw, cos_pitch, sin_pitch = (
            pose.yaw.cos(),
            pose.yaw.sin(),
            pose.pitch.cos(),
            pose.pitch.sin(),
        )
        nx, depth = (
            cos_yaw * normal[:, 0] + sin_yaw * normal[:, 2],
            cos_yaw * normal[:, 2] - sin_yaw * normal[:, 0],
        )
        ny, nz = cos_pitch * normal[:, 1] + sin_pitch * depth, cos_pitch * depth - sin_pitch * normal[:, 1]
        key = (nx * light[0] + ny * light[1] + nz * light[2]).clamp(min=0)
        shade = scene.ambient * (0.75 + 0.25 * nz) + (1.02 - scene.ambient) * key
        shade = shade + scene.fill * (nz * 0.5 - nx * light[0].sign() * 0.6).clamp(min=0)
        gloss = 0.05 * (0.5 * key + 0.5 * nz).clamp(min=0).square().square().square().square() ** 2
        mask = soft_edge(geometry.inside(person, u, neutral) - 0.02, 1.6 * edge)
        return albedo * shade[:, None] + gloss[:, None], mask

    def _eyes(self, pose: Pose, albedo: Tensor, u: Tensor, v: Tensor, edge: float) -> Tensor:
        """Paint both eyes, brows and glasses onto a band of rows, using the face's mirror symmetry."""
        person = self.person
        skin, iris = torch.tensor(person.skin), torch.tensor(person.iris)
        mirror = torch.where(u < 0, -1.0, 1.0)
        du = person.eye_x - u.abs()  # towards the nose is positive, as in geometry.lids
        dv = v - person.eye_y
        t = du / person.eye_width
        upper, lower = geometry.lids(person, pose, t.clamp(-1, 1))
        within = soft_edge(1 - t.abs(), 3 * edge)
        crease = bell((dv - upper + 0.030 + 0.012 * (1 - t**2)) / 0.013) * soft_edge(1.05 - t.abs(), 0.1)
        albedo = mixed(albedo, skin * 0.55, 0.55 * crease * (1 - 0.6 * pose.blink))
        bag = bell((dv - lower - 0.045 + 0.03 * t**2) / 0.020) * soft_edge(0.9 - t.abs(), 0.15)
        albedo = mixed(albedo, skin * 0.66, (0.15 + 0.40 * person.age) * bag)
        opening = torch.minimum(soft_edge(dv - upper, edge), soft_edge(lower - dv, edge)) * within
        white = torch.tensor([0.90, 0.87, 0.85])
        eyeball = white.view(3, 1, 1) * (0.97 - 0.25 * t**2)[:, None]
        gaze_u = -mirror * pose.gaze_x * 0.042
        off_u, off_v = du - gaze_u, dv + person.eye_height * 0.18 - pose.gaze_y * 0.024
        radius = torch.sqrt(off_u**2 + off_v**2)
        size = person.eye_height * 0.92
        eyeball = mixed(eyeball, iris, soft_edge(size - radius, edge))
        eyeball = mixed(eyeball, iris * 0.35, soft_edge(0.012 - (radius - size).abs(), edge) * 0.7)
        eyeball = mixed(eyeball, torch.tensor([0.02, 0.02, 0.02]), soft_edge(size * 0.45 - radius, edge))
        glint_u = off_u * mirror + 0.016 * (1 if self.scene.light_x > 0 else -1)
        glint = soft_edge(0.011 - torch.sqrt(glint_u**2 + (off_v + 0.016) ** 2), edge)
        eyeball = mixed(eyeball, torch.ones(3), 0.9 * glint)
        eyeball = eyeball * (1 - 0.45 * bell((dv - upper) / 0.022))[:, None]
        albedo = albedo + (eyeball - albedo) * opening[:, None]
        lash = bell((dv - upper) / 0.013) * soft_edge(1.06 - t.abs(), 0.06)
        albedo = mixed(albedo, torch.tensor([0.07, 0.05, 0.045]), 0.85 * lash)
        lower_lash = bell((dv - lower) / 0.009) * soft_edge(0.95 - t.abs(), 0.1)
        albedo = mixed(albedo, skin * 0.40, 0.50 * lower_lash)
        s = (du / geometry.BROW_HALF_WIDTH).clamp(-1.2, 1.2)
        centre = geometry.brow_line(person, pose, s.clamp(-1, 1))
        thickness = person.brow_thickness * (1.0 + 0.35 * s)
        brow = bell(((v - centre) / thickness).square()) * soft_edge(1 - s.abs(), 0.10)
        albedo = mixed(albedo, torch.tensor(person.hair) * 0.75, 0.88 * brow)
        return self._glasses(albedo, du, dv, u, edge) if person.glasses else albedo

    def _glasses(self, albedo: Tensor, du: Tensor, dv: Tensor, u: Tensor, edge: float) -> Tensor:
        person = self.person
        dv = dv - 0.015
        if person.glasses == "round":
            distance = torch.sqrt((du / 0.215) ** 2 + (dv / 0.175) ** 2) - 1
            distance = distance * 0.19
        else:
            corner_u, corner_v = (du.abs() - 0.165).clamp(min=0), (dv.abs() - 0.100).clamp(min=0)
            distance = torch.sqrt(corner_u**2 + corner_v**2) - 0.05
        lens = soft_edge(-distance, edge)
        albedo = albedo * (1 + 0.04 * lens)[:, None]
        rim = soft_edge(0.013 - distance.abs(), edge)
        bridge = soft_edge(0.012 - (dv + 0.055).abs(), edge) * soft_edge(person.eye_x - 0.20 - u.abs(), edge)
        temple = soft_edge(0.013 - (dv + 0.04).abs(), edge) * soft_edge(-du - 0.20, edge)
        return mixed(
            albedo,
            torch.tensor(person.glasses_colour),
            0.92 * torch.maximum(rim, torch.maximum(bridge, temple)),
        )

    def _mouth(self, pose: Pose, albedo: Tensor, u: Tensor, v: Tensor, edge: float) -> Tensor:
        person = self.person
        half = geometry.mouth_half_width(person, pose)
        t = u / half
        upper, upper_inner, lower_inner, lower = geometry.lips(person, pose, t.clamp(-1, 1))
        within = soft_edge(1.01 - t.abs(), 4 * edge)
        skin = torch.tensor(person.skin)
        colour = skin * torch.tensor([0.86, 0.55, 0.56]) * person.lip_red + skin * 0.72 * (1 - person.lip_red)
        lip = torch.minimum(soft_edge(v - upper, edge), soft_edge(lower - v, edge)) * within
        relief = 1 - 0.20 * bell((v - lower + 0.008) / 0.014)
        shine = 0.10 * bell((v - 0.45 * lower - 0.55 * lower_inner) / 0.014) * (1 - t**2).clamp(min=0)
        tone = torch.where(v < (upper_inner + lower_inner) / 2, 0.80, 1.0) * relief + shine
        albedo = albedo + (colour.view(3, 1, 1) * tone[:, None] - albedo) * (0.85 * lip)[:, None]
        hole = torch.minimum(soft_edge(v - upper_inner, edge), soft_edge(lower_inner - v, edge)) * within
        gap = lower_inner - upper_inner
        hole = hole * (gap / 0.02).clamp(0, 1)
        cavity = torch.tensor([0.16, 0.05, 0.05]).view(3, 1, 1).expand_as(albedo)
        teeth = soft_edge(upper_inner + 0.024 - v, 2 * edge) * soft_edge(0.8 - t.abs(), 0.15) * (gap / 0.05).clamp(0, 1)
        cavity = mixed(cavity, torch.tensor([0.86, 0.83, 0.78]), 0.85 * teeth)
        albedo = albedo + (cavity - albedo) * hole[:, None]
        line = bell((v - (upper_inner + lower_inner) / 2) / 0.009) * within * (1 - (gap / 0.02).clamp(0, 1))
        albedo = mixed(albedo, colour * 0.30, 0.75 * line)
        corners = bump(t.abs() - 1.0, v - geometry.lips(person, pose, torch.ones(1))[1], 0.09, 0.022)
        albedo = mixed(albedo, skin * 0.45, 0.45 * corners)
        shadow = bell((v - lower - 0.028) / 0.020) * (1 - t**2).clamp(min=0)
        return mixed(albedo, skin * 0.62, 0.38 * shadow)

    def _behind(self, pose: Pose, x: Tensor, y: Tensor, edge: float) -> Tensor:
        """Room, shoulders, neck, ears and the hair behind the face: [F, 3, H, W]."""
        person, scene = self.person, self.scene
        frames = x.shape[0]
        picture = self.background.expand(frames, -1, -1, -1)
        skin, hair = torch.tensor(person.skin), torch.tensor(person.hair)
        back_x, back_y = x + 0.22 * pose.yaw.sin(), y + 0.22 * pose.pitch.sin()
        lit = (1 + 0.25 * scene.light_x * x).clamp(0.6, 1.4) * (scene.ambient + 0.45)
        if person.hair_style in ("long", "bob"):
            ends = 1.45 if person.hair_style == "long" else 0.70
            half = person.face_width * 1.12 + person.hair_volume
            across, along = (back_x / half).square(), ((y - ends + 1.1) / 1.1).square()
            hanging = soft_edge(1 - across.square() - along.square(), 0.12) * soft_edge(y + 0.05, 0.5)
            strands = 0.92 + 0.08 * torch.sin(23 * back_x + 4 * torch.sin(3 * y))
            picture = picture + (hair.view(3, 1, 1) * (0.62 * lit * strands)[:, None] - picture) * hanging[:, None]
        neck_half = person.face_width * 0.62
        neck = soft_edge(neck_half + 0.10 * (y - 0.75).clamp(min=0) - (x - 0.1 * pose.yaw).abs(), 0.02) * soft_edge(
            y - 0.3, 0.05
        )
        throat = 0.62 + 0.25 * ((y - 0.85) / 0.5).clamp(0, 1)
        picture = picture + (skin.view(3, 1, 1) * (lit * throat)[:, None] - picture) * neck[:, None]
        picture = self._shoulders(picture, pose, x, y, lit)
        picture = self._back_of_head(picture, back_x, back_y, y, lit)
        return picture if person.hair_style in ("long", "bob") else self._ears(picture, pose, x, y, lit)

    def _back_of_head(self, picture: Tensor, x: Tensor, y: Tensor, face_y: Tensor, lit: Tensor) -> Tensor:
        person = self.person
        skin, hair = torch.tensor(person.skin), torch.tensor(person.hair)
        if person.hair_style == "bald":
            skull = 1 - (x / (person.face_width * 0.99)).square() - ((y + 0.02) / (person.forehead * 1.02)).square()
            cover = soft_edge(skull, 0.08) * soft_edge(0.2 - face_y, 0.1)
            return picture + (skin.view(3, 1, 1) * lit[:, None] * 0.85 - picture) * cover[:, None]
        covers_ears = person.hair_style in ("long", "bob")
        volume = person.hair_volume * (1.0 if covers_ears else 0.6) + 0.03
        sides = person.face_width + volume * (1.0 if covers_ears else 0.55)
        cap = 1 - (x / sides).square() - ((y + 0.05) / (person.forehead + volume)).square()
        cap = soft_edge(cap, 0.08) * soft_edge((0.2 if covers_ears else -0.02) - face_y, 0.12)
        strands = 0.90 + 0.07 * torch.sin(31 * x + 7 * torch.sin(4 * y))
        picture = picture + (hair.view(3, 1, 1) * (lit * strands)[:, None] - picture) * cap[:, None]
        if person.hair_style == "bun":
            bun = soft_edge(1 - (x / 0.24).square() - ((y + person.forehead + 0.14) / 0.20).square(), 0.15)
            picture = picture + (hair.view(3, 1, 1) * (0.8 * lit)[:, None] - picture) * bun[:, None]
        return picture

    def _ears(self, picture: Tensor, pose: Pose, x: Tensor, y: Tensor, lit: Tensor) -> Tensor:
        skin = torch.tensor(self.person.skin).view(3, 1, 1)
        for side in (-1, 1):
            centre = side * self.person.face_width * pose.yaw.cos() + 0.02 * pose.yaw.sin()
            across, along = (x - centre) / 0.085, (y - 0.03 - 0.05 * pose.pitch) / 0.165
            ear = soft_edge(1 - across.square() - along.square(), 0.25)
            hollow = bump(across - side * 0.15, along + 0.1, 0.32, 0.5)
            picture = picture + (skin * (lit * (0.88 - 0.30 * hollow))[:, None] - picture) * ear[:, None]
        return picture

    def _shoulders(self, picture: Tensor, pose: Pose, x: Tensor, y: Tensor, lit: Tensor) -> Tensor:
        """The body follows the head's shift but not its rotation."""
        scene, person = self.scene, self.person
        slope = 1.02 + 0.26 * x.square()
        neckline = torch.where(
            x.abs() < person.face_width * 0.62, 0.10 * (1 - (x / (person.face_width * 0.62)) ** 2), 0.0
        )
        body = soft_edge(y - slope - neckline, 0.02)
        shirt = torch.tensor(scene.shirt)
        folds = 0.92 + 0.08 * torch.sin(7 * x + 3 * y)
        picture = picture + (shirt.view(3, 1, 1) * (lit * folds * 0.85)[:, None] - picture) * body[:, None]
        if scene.collar:
            collar = soft_edge(0.035 - (y - slope - neckline - 0.03).abs(), 0.015) * soft_edge(0.52 - x.abs(), 0.05)
            picture = mixed(picture, (shirt * 0.6 + 0.35).clamp(max=0.95), collar)
        return picture

    def _hand(self, picture: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Both hands in front of the face, as in rubbing one's eyes."""
        skin = torch.tensor(self.person.skin)
        for side in (-1, 1):
            for finger in range(4):
                centre = side * (0.12 + 0.155 * finger)
                top = -0.55 + 0.06 * abs(finger - 1.3)
                along = (y - top).clamp(min=0) - (y - 0.55).clamp(min=0)
                distance = torch.sqrt((x - centre - 0.03 * side * (y - top)) ** 2 + (y - top - along) ** 2)
                shape = soft_edge(0.088 - distance, 0.012)
                shade = (1.02 - 4.5 * distance.clamp(max=0.1)).clamp(0.35, 1) * (self.scene.ambient + 0.42)
                picture = picture + (skin.view(3, 1, 1) * shade[:, None] - picture) * shape[:, None]
            palm = soft_edge(1 - ((x - side * 0.37) / 0.36) ** 2 - ((y - 0.72) / 0.42) ** 2, 0.05)
            picture = mixed(picture, skin * (self.scene.ambient + 0.30), palm)
        return picture

    def _camera(self, picture: Tensor) -> Tensor:
        """Exposure, white balance, gamma and the lens."""
        warmth = self.scene.warmth
        gain = self.scene.exposure * torch.tensor([1 + warmth, 1.0, 1 - warmth]).view(1, 3, 1, 1)
        root = (picture * gain).clamp_(min=1e-4).sqrt_()
        picture = root * (root * root.sqrt()).sqrt()  # ** 0.875
        if self.softness is not None:
            kernel = self.softness
            reach = kernel.shape[-1] // 2
            padded = F.pad(picture, (reach, reach, reach, reach), mode="replicate").flatten(0, 1)[:, None]
            picture = F.conv2d(padded, kernel)
            picture = picture.view(-1, 3, *self.size)
        return picture
