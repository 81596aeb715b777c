"""Parameters, multiplications and seconds of networks whose cost is known by hand."""

import pytest
import torch
from torch import nn

from depnb.nets.cost import cpu_seconds, gmac, parameters


def test_parameters_with_and_without_moving_statistics():
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    assert parameters(network) == 3 * 4 + 4 + 2 * 4
    assert parameters(network, moving=True) == parameters(network) + 2 * 4


def test_multiplications_by_hand():
    conv = nn.Conv3d(2, 5, (3, 1, 1), padding=(1, 0, 0))
    assert gmac(conv, (1, 2, 4, 6, 6)) == pytest.approx(2 * 5 * 3 * (4 * 6 * 6) / 1e9)
    assert gmac(nn.Linear(8192, 512), (1, 8192)) == pytest.approx(8192 * 512 / 1e9)
    assert gmac(conv, (3, 2, 4, 6, 6)) == pytest.approx(3 * gmac(conv, (1, 2, 4, 6, 6)))


def test_counting_leaves_the_network_alone():
    network = nn.Sequential(nn.Conv3d(1, 1, 1), nn.Dropout()).train()
    before = network[0].weight.detach().clone()
    gmac(network, (1, 1, 2, 2, 2))
    assert network.training
    assert torch.equal(network[0].weight, before)
    assert cpu_seconds(network, (1, 1, 2, 2, 2), repeats=1) > 0
    assert network.training
