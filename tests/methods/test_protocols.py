"""What a protocol means on the papers' own data, and on generated corpora."""

from dataclasses import replace

import pytest
import torch

from depnb.experiments.corpora import open_for_profile
from depnb.experiments.run import Run
from depnb.inputs.pixels import NORMALISED
from depnb.inputs.spec import VGGFACE2_BGR
from depnb.methods.printed import protocols
from depnb.methods.registry import method, papers, resolve
from tests import bad_videos
from tests.corpus import trees


@pytest.fixture
def avec(tmp_path):
    """Miniatures of both corpora, by name."""
    video = bad_videos.good(tmp_path, count=24)
    put = trees.copy_of(video)
    return {
        "AVEC2013": str(trees.avec2013(tmp_path / "AVEC2013", put=put)),
        "AVEC2014": str(trees.avec2014(tmp_path / "AVEC2014", put=put)),
    }


def of(paper, row, folder, protocol="paper", profile="paper"):
    return resolve(method(paper), row, profile, protocol, open_for_profile(folder, profile))


@pytest.mark.parametrize(("corpus", "every"), [("AVEC2013", 100), ("AVEC2014", 10)])
def test_distribution_takes_as_many_frames_as_printed(avec, corpus, every):
    printed = protocols().loc["distribution", "fps_subsampling"]
    assert f"{every} ({corpus})" in printed
    found = of("distribution", "expectation", avec[corpus])
    assert (found.input_spec.step, found.input_spec.offsets) == (every, (0,))
    assert found.config.augment is False
    assert of("distribution", "expectation", avec[corpus], "honest").input_spec.step is None


@pytest.mark.parametrize(("protocol", "augment"), [("paper", "paper"), ("code", "code"), ("honest", "strong")])
def test_msn_has_three_recipes(avec, protocol, augment):
    found = of("msn", "msn", avec["AVEC2014"], protocol)
    printed = protocol != "honest"
    assert found.config.augment == augment
    assert found.config.learning == ("printed" if printed else "ours")
    assert found.input_spec.normalisation == ("vggface2" if printed else "imagenet")
    assert (found.input_spec.step, len(found.input_spec.offsets), found.profile.batch) == (8, 16, 24)
    assert found.protocol.train == (("train", "development") if printed else ("train",))


def test_the_code_of_msn_takes_two_thousand_steps(avec):
    found = of("msn", "msn", avec["AVEC2014"], "code")
    assert found.profile.steps * found.learning.scores.longer == 2 * 1000
    assert (found.learning.scores.schedule, found.profile.lr) == ("inverse", 1e-4)


def test_dlga_is_trained_as_printed(avec):
    found = of("dlga", "dlga", avec["AVEC2013"])
    learning = found.learning.scores
    assert found.profile.lr * learning.rate == pytest.approx(1e-6)
    assert (found.profile.steps, found.profile.batch, learning.weight_decay, learning.patience) == (
        50_000,
        32,
        5e-4,
        200,
    )
    assert of("dlga", "lr_1e-3", avec["AVEC2013"]).config.lr == 1e-3


def test_depnet_is_trained_as_printed(avec):
    found = of("depnet", "depnet", avec["AVEC2013"])
    learning = found.learning.scores
    assert found.profile.lr * learning.rate == pytest.approx(1e-5)
    assert (learning.optimiser, learning.schedule, learning.weight_decay) == ("sgd", "inv", 5e-4)
    assert (learning.patience, learning.stop_on, found.input_spec.sample.draws) == (200, "training", 1)


def test_a_switch_that_a_row_is_about_stays(avec):
    module = method("depnet")
    changed = [
        row
        for row, config in module.rows.items()
        if of("depnet", row, avec["AVEC2013"]).config.resample != config.resample
        or of("depnet", row, avec["AVEC2013"]).config.se_ratio != config.se_ratio
    ]
    assert not changed


@pytest.mark.parametrize("paper", papers())
def test_on_generated_corpora_a_protocol_changes_only_who_is_trained_on(paper):
    module = method(paper)
    for row, config in module.rows.items():
        for protocol in module.protocols:
            found = of(paper, row, "both", protocol, "quick")
            assert found.config == config
            assert found.profile == module.profiles["quick"]


def test_a_recipe_is_among_the_facts_of_a_run(avec):
    run = Run("distribution", "expectation", avec["AVEC2014"], "paper", "paper")
    assert run.facts["protocol"]["every"] == 10
    assert run.facts["configuration"]["augment"] is False
    honest = replace(run, protocol="honest")
    assert "every" not in honest.facts["protocol"]
    assert run.digest != honest.digest


@pytest.mark.parametrize("paper", papers())
def test_what_a_paper_does_not_state_is_listed(paper):
    row = protocols().loc[paper]
    guesses = method(paper).protocols["paper"].recipe.guesses
    assert guesses
    if "not stated" in str(row["epochs_iterations"]):
        assert any("steps" in guess for guess in guesses)


def test_pixels_centred_on_faces():
    pixel = torch.tensor([200, 100, 50], dtype=torch.uint8).view(3, 1, 1)
    blue, green, red = (NORMALISED["vggface2"](pixel)).flatten().tolist()
    expected = [level - mean for level, mean in zip((50, 100, 200), VGGFACE2_BGR, strict=True)]
    assert [blue, green, red] == pytest.approx(expected, abs=1e-4)
    torch.testing.assert_close(NORMALISED["vggface2"](pixel / 255), NORMALISED["vggface2"](pixel))
