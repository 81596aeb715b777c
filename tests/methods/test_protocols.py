"""What a protocol means on the papers' own data, and on generated corpora."""

from dataclasses import replace

import pytest
import torch

from depnb.experiments.run import Run
from depnb.inputs.pixels import NORMALISED
from depnb.inputs.spec import VGGFACE2_BGR
from depnb.methods.contract import FACE_EPOCHS
from depnb.methods.printed import protocols
from depnb.methods.registry import TrainingSpec, method, papers, specification
from depnb.nets.weights.registry import IMPORTED
from tests import bad_videos
from tests.corpus import trees


def of(paper, row, corpus="AVEC2014", protocol="paper", profile="paper") -> TrainingSpec:
    return specification(method(paper), row, profile, protocol, corpus)


def alike(spec: TrainingSpec) -> TrainingSpec:
    """Equal for the same training: two functions that prepare the inputs of one configuration are the same one."""
    return spec._replace(input_spec=replace(spec.input_spec, prepare=print, still=None))


@pytest.mark.parametrize(("corpus", "every"), [("AVEC2013", 100), ("AVEC2014", 10)])
def test_distribution_takes_as_many_frames_as_printed(corpus, every):
    printed = protocols().loc["distribution", "fps_subsampling"]
    assert f"{every} ({corpus})" in printed
    found = of("distribution", "expectation", corpus)
    assert (found.input_spec.step, found.input_spec.offsets) == (every, (0,))
    assert found.config.augment is False
    assert of("distribution", "expectation", corpus, "honest").input_spec.step is None


@pytest.mark.parametrize("paper", ["distribution", "temporal_pooling"])
def test_one_rate_is_printed_and_it_stays(paper):
    printed = protocols().loc[paper]
    assert (printed["optimiser"], printed["lr"], printed["lr_schedule"]) == ("Adam", "1e-4", "not stated")
    for row in method(paper).rows:
        found = of(paper, row)
        learning = found.learning.scores
        assert (learning.optimiser, learning.schedule, learning.weight_decay) == ("adam", "constant", None)
        assert found.profile.lr * learning.rate == pytest.approx(float(printed["lr"]))
        if method(paper).rows[row].learning == "ours":
            assert of(paper, row, protocol="honest").learning.scores.schedule == "one_cycle"


def test_streams_are_varied_and_judged_as_printed():
    for row in method("temporal_pooling").rows:
        config = of("temporal_pooling", row).config
        assert (config.augment, config.objective) == ("paper", "mse")


@pytest.mark.parametrize(
    ("protocol", "augment", "objective"),
    [("paper", "paper", "half_mse"), ("code", "code", "mse"), ("honest", "strong", "standardised")],
)
def test_msn_has_three_recipes(protocol, augment, objective):
    found = of("msn", "msn", protocol=protocol)
    printed = protocol != "honest"
    assert (found.config.augment, found.config.objective) == (augment, objective)
    assert found.config.learning == ("printed" if printed else "ours")
    assert found.input_spec.normalisation == ("vggface2" if printed else "imagenet")
    clip = [found.input_spec.step * offset for offset in found.input_spec.offsets]
    assert (clip, found.profile.batch) == (list(range(0, 8 * 16, 8)), 24)
    assert found.protocol.train == (("train", "development") if printed else ("train",))


@pytest.mark.parametrize("protocol", ["paper", "code"])
def test_every_row_of_msn_is_pretrained_as_its_paper_row_is(protocol):
    assert {of("msn", row, protocol=protocol).config.start for row in method("msn").rows} == {"identity"}
    assert of("msn", "depth_69[start=scratch]", protocol=protocol).config.start == "scratch"


def test_the_code_of_msn_takes_two_thousand_steps():
    found = of("msn", "msn", protocol="code")
    assert found.profile.steps * found.learning.scores.longer == 2 * 1000
    assert (found.learning.scores.schedule, found.profile.lr) == ("inverse", 1e-4)


def test_dlga_is_trained_as_printed():
    for row in method("dlga").rows:
        found = of("dlga", row, "AVEC2013")
        learning = found.learning.scores
        rate = row.removeprefix("lr_") if row.startswith("lr_") else "1e-6"
        assert found.profile.lr * learning.rate == pytest.approx(float(rate))
        assert (learning.optimiser, learning.schedule, learning.weight_decay) == ("adam", "constant", 5e-4)
        assert (learning.patience, learning.stop_on) == (200, "smoothed")
        assert (found.profile.steps, found.profile.batch) == (50_000, 32)
        assert (found.config.start, found.config.augment, found.config.objective) == ("scratch", "none", "half_mse")


def test_depnet_is_trained_as_printed():
    for row, config in method("depnet").rows.items():
        found = of("depnet", row, "AVEC2013")
        learning = found.learning.scores
        assert found.profile.lr * learning.rate == pytest.approx(1e-5)
        assert (learning.optimiser, learning.schedule, learning.weight_decay) == ("sgd", "inv", 5e-4)
        assert (learning.patience, learning.stop_on) == (200, "smoothed")
        assert (found.profile.steps, found.profile.batch) == (50_000, 32)
        assert (found.config.objective, found.config.resample, found.config.n_draws) == ("half_mse", False, 1)
        assert found.config.frozen is (config.frames > 1)
        assert found.config.se_ratio == config.se_ratio


@pytest.mark.parametrize(
    ("paper", "row", "switch", "value"),
    [
        ("depnet", "depnet[frozen=False]", "frozen", False),
        ("dlga", "dlga[stop_on=training]", "stop_on", "training"),
        ("dlga", "dlga[objective=standardised]", "objective", "standardised"),
        ("distribution", "expectation[learning=ours]", "learning", "ours"),
    ],
)
def test_a_switch_in_brackets_stays(paper, row, switch, value):
    usual = of(paper, row.partition("[")[0])
    found = of(paper, row)
    assert getattr(usual.config, switch) != value
    assert found.config == replace(usual.config, **{switch: value})


@pytest.mark.parametrize(
    ("paper", "row", "other"), [("distribution", "expectation", "expectation_plain"), ("dlga", "dlga", "lr_1e-6")]
)
def test_rows_that_are_the_same_training_as_printed(paper, row, other):
    assert alike(of(paper, row)) == alike(of(paper, other))
    assert of(paper, row, protocol="honest").config != of(paper, other, protocol="honest").config


@pytest.mark.parametrize("paper", papers())
def test_a_row_that_starts_from_vggface2_stands_beside_its_twin(paper):
    module = method(paper)
    started = {row for row, config in module.rows.items() if config.start in IMPORTED}
    for titles in module.tables.values():
        twins = {row: f"{row}_vggface2" for row in titles.keys() & module.rows.keys()}
        assert {titles[row] == titles.get(twin) for row, twin in twins.items() if twin in started} <= {True}
        started -= titles.keys()
    assert not started


@pytest.mark.parametrize("paper", papers())
def test_faces_are_learnt_for_epochs_at_the_printed_size_or_where_a_row_says_so(paper):
    for row, config in method(paper).rows.items():
        own = getattr(config, "face_epochs", None)  # DLGA's rows learn no faces
        for protocol in method(paper).protocols:
            assert of(paper, row, protocol=protocol).learning.faces.epochs is not None
            assert of(paper, row, None, protocol, "quick").learning.faces.epochs == own
    assert of("dlga", "dlga[start=identity]").learning.faces.epochs == FACE_EPOCHS


@pytest.mark.parametrize("paper", papers())
def test_on_generated_corpora_a_protocol_changes_only_who_is_trained_on(paper):
    module = method(paper)
    for row in module.rows:
        honest = of(paper, row, None, "honest", "quick")
        for protocol in module.protocols:
            found = of(paper, row, None, protocol, "quick")
            assert found.config == honest.config
            assert found.profile == module.profiles["quick"]


def test_a_recipe_is_among_the_facts_of_a_run(tmp_path):
    folder = trees.avec2014(tmp_path / "AVEC2014", put=trees.copy_of(bad_videos.good(tmp_path, count=24)))
    run = Run("distribution", "expectation", str(folder), "paper", "paper")
    assert run.facts["protocol"]["every"] == 10
    assert run.facts["configuration"]["augment"] is False
    honest = replace(run, protocol="honest")
    assert "every" not in honest.facts["protocol"]
    assert run.digest != honest.digest


def test_pixels_centred_on_faces():
    pixel = torch.tensor([200, 100, 50], dtype=torch.uint8).view(3, 1, 1)
    blue, green, red = (NORMALISED["vggface2"](pixel)).flatten().tolist()
    expected = [level - mean for level, mean in zip((50, 100, 200), VGGFACE2_BGR, strict=True)]
    assert [blue, green, red] == pytest.approx(expected, abs=1e-4)
    torch.testing.assert_close(NORMALISED["vggface2"](pixel / 255), NORMALISED["vggface2"](pixel))
