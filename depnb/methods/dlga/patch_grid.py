"""The 24 patches around landmarks that DLGA-CNN cuts out of a map (§3.3.2)."""

import torch
from torch import Tensor
from torch.nn import functional

from depnb.methods.contract import check_switches
from depnb.methods.dlga.rows import SWITCHES, Border
from depnb.methods.profiles import PRINTED

PATCHES = 24
PATCH_CELLS = 6
"""Side of a patch in cells of the printed map, which has 28 of them for 224 pixels (§3.3.2)."""


def patch_starts(points: Tensor, size: int, side: int, cells: int = PATCH_CELLS, border: Border = "clamp") -> Tensor:
    """First column and row of the patch around each point: ⌊x/cell + ½⌋ − cells/2, columns from x, rows from y (E75).

    Of mirrored pixels, x → size − 1 − x, the starts are mirrored too where x is whole and a cell has 8 pixels; between
    whole pixels an eighth of them is off by one cell.

    Args:
        points: [..., 2] in pixels of a frame of ``size``×``size``.
        size: S, of which a cell is S/side pixels, 8 in the paper.
        side: of the map, in cells.
        cells: side of a patch, even.
        border: where a patch would leave the map: ``clamp`` moves it inside, ``zero`` lets it leave, for zeros.

    Returns:
        int64 [..., 2].

    Raises:
        ValueError: points outside the frame or NaN; patches that are odd or larger than the map; an unknown border.
    """
    check_switches(SWITCHES, border=border)
    if cells < 2 or cells % 2 or cells > side:
        raise ValueError(f"No patches of {cells} cells on a map of {side}: give an even number from 2 to {side}.")
    inside = (points >= -0.5) & (points <= size - 0.5)
    if not points.is_meta and not inside.all():  # a tensor of mere shape has no values to look at
        if points.isnan().any():
            raise ValueError("A landmark is NaN: leave out frames whose landmarks are not all known.")
        x, y = points[~inside.all(-1)][0].tolist()
        raise ValueError(
            f"A landmark at ({x:g}, {y:g}) is outside its frame, where x and y go from −0.5 to {size - 0.5:g}: give "
            f"pixels of the frame, and move what is outside to its border."
        )
    starts = (points * (side / size) + 0.5).floor().long() - cells // 2
    return starts.clamp(0, side - cells) if border == "clamp" else starts


def patches(features: Tensor, points: Tensor, size: int, cells: int = PATCH_CELLS, border: Border = "clamp") -> Tensor:
    """Cut a patch around each point out of a map (§3.3.2), all of them at once.

    Args:
        features: [B, C, side, side].
        points, size, cells, border: as for ``patch_starts``; points [B, N, 2].

    Returns:
        [B, N, C, cells, cells].

    Raises:
        ValueError: as ``patch_starts``, and for a map or points of another shape.
    """
    if features.ndim != 4 or features.shape[2] != features.shape[3]:
        raise ValueError(f"Expected a square map [B, C, side, side], got {list(features.shape)}.")
    if points.ndim != 3 or len(points) != len(features) or points.shape[2] != 2:
        raise ValueError(
            f"Expected points [{len(features)}, N, 2], those of each frame of the map, got {list(points.shape)}."
        )
    starts = patch_starts(points, size, features.shape[-1], cells, border)  # [B, N, 2]
    if border == "zero":
        features = functional.pad(features, [cells // 2] * 4)  # [B, C, side + cells, side + cells]
        starts = starts + cells // 2
    places = starts[:, None] + torch.arange(cells, device=starts.device)[:, None, None]  # [B, cells, N, 2]
    columns, rows = places[:, None, :, :, 0], places[:, :, None, :, 1]  # [B, 1, cells, N], [B, cells, 1, N]
    frames = torch.arange(len(features), device=starts.device)[:, None, None, None]  # [B, 1, 1, 1]
    cut = features.permute(0, 2, 3, 1)[frames, rows, columns]  # [B, cells, cells, N, C]
    return cut.permute(0, 3, 4, 1, 2)  # [B, N, C, cells, cells]


def patch_cells(size: int) -> int:
    """Side of a patch in cells of 8 pixels in a frame of ``size``: as nearly 6/28 of the face as an even number can."""
    return 2 * max(1, round(PATCH_CELLS / 2 * size / PRINTED.input_size))


def painted(weights: Tensor, points: Tensor, size: int, side: int, border: Border = "clamp") -> Tensor:
    """The weights of patches as a map: of each cell the mean over the patches that hold it, 0 where there is none.

    Args:
        weights: [B, N], one per patch. points, size, side, border: as for ``patch_starts``; points [B, N, 2].

    Returns:
        [B, side, side].
    """
    cells = patch_cells(size)
    starts = patch_starts(points, size, side, cells, border)  # [B, N, 2]
    places = torch.arange(side, device=starts.device)
    holds = (places >= starts[..., None]) & (places < starts[..., None] + cells)  # [B, N, 2, side]
    held = (holds[:, :, 1, :, None] & holds[:, :, 0, None, :]).to(weights.dtype)  # [B, N, side, side]
    return (held * weights[:, :, None, None]).sum(1) / held.sum(1).clamp_min(1)  # [B, side, side]
