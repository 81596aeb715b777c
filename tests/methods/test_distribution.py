import math

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn

from depnb.methods.distribution import (
    ROWS,
    Config,
    DistributionNet,
    euclidean_loss,
    expectation_loss,
    expected_score,
    model,
    softmax_loss,
)
from depnb.methods.profiles import PROFILES, Scale

SMALL = PROFILES["smoke"].scale
LOGIT = st.floats(-30, 30, width=32)


def test_three_levels_by_hand():
    z = torch.tensor([[0.0, math.log(2), 0.0]], dtype=torch.float64, requires_grad=True)
    loss = expectation_loss(z, torch.tensor([2.0]))
    loss.backward()
    assert expected_score(z).item() == pytest.approx(1)
    assert loss.item() == pytest.approx(0.5)
    assert z.grad[0].tolist() == pytest.approx([0.25, 0, -0.25])


def test_flat_distribution_over_64_levels():
    z, y = torch.zeros(2, 64), torch.tensor([10.0, 40.0])
    assert expected_score(z).tolist() == pytest.approx([31.5, 31.5])
    assert expectation_loss(z, y).item() == pytest.approx(133.625)


def test_two_peaks_around_the_label_cost_nothing():
    z = torch.full((1, 64), -30.0)
    z[0, [0, 20]] = 0
    y = torch.tensor([10.0])
    net = DistributionNet(Config(), SMALL)
    assert expectation_loss(z, y).item() == pytest.approx(0, abs=1e-9)
    assert net.describe(z)["variance"].item() == pytest.approx(100, abs=1e-4)
    assert net.describe(z)["entropy"].item() == pytest.approx(math.log(2), abs=1e-4)
    assert softmax_loss(z, y).item() == pytest.approx(30.69, abs=0.005)


def test_the_two_test_rules_of_the_softmax_row_differ():
    z = torch.tensor([0.4, 0.25, 0.35]).log()[None]
    expect = DistributionNet(Config(loss="softmax"), SMALL)
    argmax = DistributionNet(Config(loss="softmax", softmax_test="argmax"), SMALL)
    assert expect.score(z).item() == pytest.approx(0.95)
    assert argmax.score(z).item() == 0


def test_gradient_is_the_closed_form_and_that_of_finite_differences():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(5, 64, generator=generator, dtype=torch.float64, requires_grad=True)
    y = torch.rand(5, generator=generator, dtype=torch.float64) * 63
    assert torch.autograd.gradcheck(lambda logits: expectation_loss(logits, y), z)
    expectation_loss(z, y).backward()
    p, k, expected = torch.softmax(z, 1), torch.arange(64), expected_score(z)[:, None]
    torch.testing.assert_close(z.grad, (expected - y[:, None]) * p * (k - expected) / 5)


@given(st.lists(LOGIT, min_size=64, max_size=64), st.floats(-50, 50, width=32))
def test_expected_score_stays_on_the_scale_and_ignores_a_shift(logits, shift):
    z = torch.tensor([logits], dtype=torch.float64)
    assert 0 <= expected_score(z).item() <= 63
    torch.testing.assert_close(expected_score(z + shift), expected_score(z), rtol=0, atol=1e-9)


@given(st.lists(st.integers(0, 63), min_size=1, max_size=8))
def test_a_sure_network_scores_the_level_itself(levels):
    z = torch.full((len(levels), 64), -100.0)
    z[range(len(levels)), levels] = 100
    assert expected_score(z).tolist() == pytest.approx(levels, abs=1e-4)


def test_half_precision_is_raised_before_the_softmax():
    z = torch.randn(4, 64, generator=torch.Generator().manual_seed(0)).bfloat16()
    assert expected_score(z).dtype == torch.float32
    torch.testing.assert_close(expected_score(z), expected_score(z.float()))


def test_rival_losses_equal_torchs_own():
    generator = torch.Generator().manual_seed(1)
    z, y = torch.randn(6, 64, generator=generator), torch.tensor([0, 63, 12.4, 12.6, 30, 5.0])
    torch.testing.assert_close(softmax_loss(z, y), nn.CrossEntropyLoss()(z, torch.tensor([0, 63, 12, 13, 30, 5])))
    torch.testing.assert_close(euclidean_loss(z[:, :1], y), nn.MSELoss()(z[:, 0], y) / 2)


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_parameters_at_scale_1():
    with torch.device("meta"):
        assert count(model(Config())) == 24_589_952
        assert count(model(Config(loss="euclidean"))) == 24_557_633


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("scale", [SMALL, Scale(0.25, 50, 64)], ids=["smoke", "bottleneck"])
def test_every_row_begins_at_the_constant_predictor(row, scale):
    bdi = torch.tensor([3.0, 3, 10, 20, 44])
    net = model(ROWS[row], scale).eval()
    net.start_at(bdi)
    output = net(torch.randn(2, 3, scale.input_size, scale.input_size))
    start = 3.0 if ROWS[row].softmax_test == "argmax" else bdi.mean().item()  # 3 is the commonest label
    assert net.score(output).tolist() == pytest.approx([start] * 2, abs=3)
    assert torch.isfinite(net.loss(output, bdi[:2]))
