"""How far a unit sees is what its gradient says, and the drawings show what is built."""

from itertools import combinations

import pytest
import torch
from matplotlib.text import Text

from depnb.methods import msn
from depnb.methods.msn import MSN, network, widget as widgets
from depnb.methods.msn.diagrams import draw_block, draw_pipeline
from depnb.methods.msn.widget import draw_reach, reach
from depnb.nets.layers3d import start_weights


def test_the_tables_of_blocks_agree():
    assert widgets.BLOCKS == msn.BLOCKS


def test_the_first_layers_by_hand():
    found = {r.layer: (r.frames, r.side) for r in reach(3)}
    assert found["conv1"] == (7, 7)
    assert found["pool1"] == (9, 11)
    assert found["conv2.1"] == (9 + 2 * (2 + 2 + 2), 11 + 4 * 2)
    assert len(found) == 2 + sum(msn.BLOCKS[69])


def seen(body, layer: str, frames: int, side: int) -> tuple[int, int]:
    """Extent in time and in height of the input whose gradient reaches one unit behind a block."""
    caught = {}
    stage, block = layer.removeprefix("conv").split(".")
    module = body.get_submodule(f"stage{stage}")[int(block) - 1]
    hook = module.register_forward_hook(lambda _module, _inputs, output: caught.update(map=output))
    clip = torch.rand(1, 3, frames, side, side, dtype=torch.float64, requires_grad=True)
    body(clip)
    hook.remove()
    t, h, w = (n // 2 for n in caught["map"].shape[2:])
    caught["map"][0, 0, t, h, w].backward()
    touched = clip.grad[0].abs().sum(0) > 0  # [T, H, W]
    time, height = touched.any(2).any(1).nonzero(), touched.any(2).any(0).nonzero()
    return int(time.max() - time.min() + 1), int(height.max() - height.min() + 1)


@pytest.mark.parametrize(("kernel", "layer"), [(3, "conv2.1"), (5, "conv2.2"), (3, "conv4.1")])
def test_a_gradient_reaches_exactly_that_far(kernel, layer, monkeypatch):
    torch.manual_seed(0)
    body = MSN(27, (kernel,), width=1 / 32).double().eval().body
    start_weights(body)  # its own start sees frame by frame
    for module in body.modules():  # nothing is cut off by a ReLU, and no pool picks one
        if isinstance(module, torch.nn.Conv3d):
            module.weight.data.abs_()
    monkeypatch.setattr(network.functional, "max_pool3d", torch.nn.functional.avg_pool3d)
    expected = next(r for r in reach(kernel, 27) if r.layer == layer)
    assert seen(body, layer, 2 * expected.frames + 32, 16)[0] == expected.frames
    assert seen(body, layer, 16, 2 * expected.side + 32)[1] == expected.side


@pytest.mark.parametrize(
    ("kernel", "depth", "message"), [(4, 69, "odd"), (0, 69, "odd"), (3, 50, "27, 36, 51, 69, 99")]
)
def test_impossible_networks_are_refused(kernel, depth, message):
    with pytest.raises(ValueError, match=message):
        reach(kernel, depth)


def test_the_picture_has_a_line_for_each_kernel_and_one_for_the_clip():
    figure = draw_reach((3, 7), 27)
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert [label for label in labels if label.startswith("kernel")] == ["kernel 3", "kernel 7"]
    assert any(list(line.get_ydata()) == [16, 16] for line in figure.axes[0].lines)


@pytest.mark.parametrize("depth", msn.BLOCKS)
def test_every_stage_has_a_label_and_no_two_overlap(depth):
    figure = draw_reach((3, 5, 7, 9), depth)
    figure.draw_without_rendering()
    for axis in figure.axes:
        labels = axis.get_xticklabels()
        assert [label.get_text().strip() for label in labels] == ["conv1", "pool1", "Conv2", "Conv3", "Conv4", "Conv5"]
        for label, other in combinations(labels, 2):
            if label.get_text().count("\n") == other.get_text().count("\n"):  # else on lines of their own
                assert label.get_window_extent().x1 < other.get_window_extent().x0


def test_letters_are_large_enough_to_read():
    for figure in (draw_reach(), draw_block(), draw_pipeline(torch.zeros(16, 8, 8, 3, dtype=torch.uint8).numpy())):
        assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 8


def test_the_block_shows_every_cube_and_its_shortcut():
    texts = [text.get_text() for text in draw_block((3, 5, 9)).axes[0].texts]
    assert [t.split("\n")[0] for t in texts if "×" in t] == ["3×1×1", "3×3×3", "5×5×5", "9×9×9", "3×1×1", "1×1×1"]
    texts = [text.get_text() for text in draw_block((3,), "paper").axes[0].texts]
    assert [t.split("\n")[0] for t in texts if "×" in t] == ["3×1×1", "3×3×3", "3×1×1", "3×1×1"]


def test_the_way_from_clip_to_score_shows_frames():
    frames = torch.zeros(16, 8, 8, 3, dtype=torch.uint8).numpy()
    figure = draw_pipeline(frames)
    assert len(figure.axes[0].images) == 4
    assert any("16 frames" in text.get_text() for text in figure.axes[0].texts)
