"""What MSN's protocols ``paper`` and ``code`` train on real corpora."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from depnb.corpus.records import Recording
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.plan import estimate
from depnb.experiments.run import Run
from depnb.experiments.split import crops_needed
from depnb.inputs.videos import Frames
from depnb.methods.msn import ROWS, MultiscaleBlock, model
from depnb.methods.profiles import Scale
from depnb.methods.registry import method, specification
from depnb.training import pretraining
from depnb.training.face_recipe import pictures, shorter
from tests import bad_videos
from tests.corpus import trees


def under(protocol: str, row: str):
    return specification(method("msn"), row, "paper", protocol, "AVEC2014")


@pytest.mark.parametrize("protocol", ["paper", "code"])
def test_the_69_of_table_2_is_the_msn_of_tables_3_and_4(protocol):
    assert under(protocol, "depth_69") == under(protocol, "msn")
    assert under(protocol, "kernels_3") != under(protocol, "msn")
    assert under("honest", "depth_69") != under("honest", "msn")


@pytest.mark.parametrize("protocol", ["paper", "code"])
@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_paper_is_pretrained_on_clips_of_one_picture(row, protocol):
    of = under(protocol, row)
    assert (of.config.start, of.input_spec.still_frames, of.input_spec.pictures_first) == ("identity", 16, False)
    short, how = shorter(of.profile, of.learning.faces), of.learning.faces
    assert (how.optimiser, how.schedule, of.profile.lr * how.rate) == ("sgd", "tenths", pytest.approx(0.01))
    assert short.batch == 24
    assert short.steps * 24 / 3 == 10 * pictures(of.profile)  # a tenth of the rate after each ten epochs
    kept = replace(method("msn").rows[row], start="identity", pictures=True)
    table = {name: getattr(kept, name) for name in ("network", "depth", "kernels", "match_parameters", "projection")}
    assert {name: getattr(of.config, name) for name in table} == table


def test_bodies_of_other_constants_are_pretrained_apart():
    def lies(protocol: str, row: str) -> Path:
        of = under(protocol, row)
        with torch.device("meta"):
            body = model(of.config, of.profile.scale).body
        return pretraining.file(lambda: body, of.profile, of.input_spec, of.learning.faces, "cpu")

    assert lies("paper", "msn") == lies("paper", "depth_69")
    assert lies("paper", "msn") != lies("code", "msn")


def test_what_the_name_of_a_row_says_stays():
    assert under("paper", "depth_69[start=scratch]").config.start == "scratch"
    assert under("code", "msn[framework=pytorch,objective=half_mse]").config.objective == "half_mse"


@pytest.mark.parametrize(
    ("protocol", "objective", "augment", "phase", "framework"),
    [
        ("paper", "half_mse", "paper", "first", "pytorch"),
        ("code", "mse", "code", "any", "keras"),
        ("honest", "standardised", "strong", "first", "pytorch"),
    ],
)
def test_what_the_protocols_switch(protocol, objective, augment, phase, framework):
    config = under(protocol, "msn").config
    assert (config.objective, config.augment, config.phase, config.framework) == (objective, augment, phase, framework)
    assert config.normalisation == ("imagenet" if protocol == "honest" else "vggface2")


def raw(*lengths: int) -> Frames:
    """Videos of so many frames, of which each says its number in all its pixels."""
    people = tuple(
        Recording(f"v{place}", f"p{place}", "train", Path(f"v{place}.mp4"), 10.0) for place, _ in enumerate(lengths)
    )
    return Frames(
        tuple(torch.arange(n).to(torch.uint8)[:, None, None, None].expand(n, 3, 2, 2) for n in lengths), people
    )


def test_a_clip_of_the_code_begins_at_any_frame_and_wraps_on_frames_of_the_video():
    spec = under("code", "msn").input_spec
    assert (spec.step, spec.offsets, spec.span, spec.end) == (1, tuple(range(0, 128, 8)), 128, "wrap")
    torch.manual_seed(0)
    videos, clips = raw(100, 250).sample_batch(400, spec)
    begun = clips[:, 0, 0, 0, 0]
    assert set((begun % 8).tolist()) == set(range(8))
    assert begun[videos == 0].max() > 90  # where the video ends too
    lengths = torch.tensor([100, 250])[videos]
    expected = (begun[:, None] + 8 * torch.arange(16)) % lengths[:, None]
    assert torch.equal(clips[:, :, 0, 0, 0].long(), expected)


def test_clips_of_the_paper_have_every_eighth_frame_of_the_video():
    spec = under("paper", "msn").input_spec
    assert (spec.step, spec.offsets, spec.span, spec.end) == (8, tuple(range(16)), 16, "wrap")


def test_videos_are_judged_by_clips_side_by_side_whatever_their_frames():
    code, paper = (under(protocol, "msn").input_spec for protocol in ("code", "paper"))
    assert raw(60, 128, 255, 256).inputs(code) == [(0, 0), (1, 0), (2, 0), (3, 0), (3, 128)]
    assert raw(8, 16, 31, 32).inputs(paper) == [(0, 0), (1, 0), (2, 0), (3, 0), (3, 16)]
    assert raw(60).frame_indices(0, 0, code)[7:10] == [56, 4, 12]


@pytest.fixture
def runs(tmp_path):
    """The paper's own row on a miniature of AVEC2014, by protocol."""
    put = trees.copy_of(bad_videos.good(tmp_path, count=24))
    folder = str(trees.avec2014(tmp_path / "AVEC2014", put=put))
    return {protocol: Run("msn", "msn", folder, protocol, "paper") for protocol in ("code", "paper")}


def test_rows_that_are_one_training_have_one_digest(runs):
    assert replace(runs["paper"], row="depth_69").digest == runs["paper"].digest
    assert replace(runs["code"], row="depth_69").digest == runs["code"].digest != runs["paper"].digest
    assert replace(runs["paper"], row="depth_99").digest != runs["paper"].digest


def test_the_code_needs_the_crops_of_all_frames(runs):
    corpus = open_for_profile(runs["code"].corpus, "paper")
    assert {protocol: crops_needed([run], corpus) for protocol, run in runs.items()} == {"code": [1], "paper": [8]}
    assert crops_needed(list(runs.values()), corpus) == [1]


@pytest.mark.slow
def test_the_plan_of_the_code_counts_all_frames(runs):
    disk = {
        protocol: {what.split(" ", 1)[1]: megabytes for what, _, megabytes in estimate([run])}
        for protocol, run in runs.items()
    }
    for what in ("crops", "videos reduced for networks"):
        assert disk["code"][what] == pytest.approx(8 * disk["paper"][what])


def keras_features(body, clips: torch.Tensor) -> torch.Tensor:
    """MSN as Keras computes it for clips of even sides: pads and constants are written out."""

    def normal(x, norm):
        mean, var, shift = (v[:, None, None, None] for v in (norm.running_mean, norm.running_var, norm.bias))
        return (x - mean) / (var + 1e-3).sqrt() + shift

    def same(x, layer):
        conv, norm = layer
        width, height, time = (side // 2 for side in reversed(conv.kernel_size))
        return normal(functional.conv3d(functional.pad(x, [width] * 2 + [height] * 2 + [time] * 2), conv.weight), norm)

    def block(x, of):
        z = same(x, of.first).relu()
        return (same(torch.cat([same(z, cube).relu() for cube in of.bank], 1), of.last) + same(x, of.shortcut)).relu()

    conv, norm = body.conv1
    x = functional.conv3d(functional.pad(clips, (2, 3, 2, 3, 3, 3)), conv.weight, stride=(1, 2, 2))
    x = functional.max_pool3d(functional.pad(normal(x, norm).relu(), (0, 1, 0, 1, 0, 1)), 3, 2)
    for number, stage in enumerate((body.stage2, body.stage3, body.stage4, body.stage5), start=2):
        x = functional.max_pool3d(x, 2) if number > 3 else x
        for of in stage:
            x = block(x, of)
    return x


def drawn_statistics(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.001, 0.1)
            nn.init.normal_(module.bias, std=0.1)


def test_features_of_the_code_are_those_of_keras():
    torch.manual_seed(0)
    config = under("code", "depth_27").config
    network = model(config, Scale(1 / 32)).double().eval()
    clips = torch.randn(1, 3, 16, 32, 32, dtype=torch.float64)
    for module in network.modules():
        if isinstance(module, MultiscaleBlock):
            nn.init.ones_(module.last[1].weight)  # narrow networks add a part of it
    drawn_statistics(network)
    with torch.no_grad():
        expected = keras_features(network.body, clips)
        torch.testing.assert_close(network.body(clips), expected, rtol=1e-9, atol=1e-9)
        of_torch = model(replace(config, framework="pytorch"), Scale(1 / 32)).double().eval()
        of_torch.load_state_dict(network.state_dict())
        assert (of_torch.body(clips) - expected).abs().mean() > 0.01 * expected.abs().mean()


@pytest.mark.parametrize("row", ["depth_27", "c3d", "i3d"])
def test_networks_of_the_code_begin_as_drawn(row):
    torch.manual_seed(0)
    network = model(under("code", row).config, Scale(1 / 16))
    before = [p.clone() for p in network.parameters()]
    network.start_at(torch.tensor([3.0, 40.0]))
    assert all(torch.equal(*pair) for pair in zip(before, network.parameters(), strict=True))
    assert network.head[-1].bias.item() == 0
    assert network.labels.tolist() == [0, 1]
