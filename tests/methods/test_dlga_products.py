"""The patches as products of matrices are the convolution that they stand for."""

import pytest
import torch

from depnb.methods.dlga.products import GroupedProduct, multiply_groups


@pytest.mark.parametrize(
    "conv",
    [
        torch.nn.Conv2d(12, 12, 3, padding=1, groups=4),
        torch.nn.Conv2d(12, 18, (3, 2), stride=(2, 1), padding=(0, 1), dilation=(1, 2), groups=6, bias=False),
    ],
    ids=["patches", "any"],
)
def test_products_of_groups_are_the_convolution(conv):
    torch.manual_seed(3)
    maps = torch.randn(5, 12, 7, 6)
    with torch.no_grad():
        torch.testing.assert_close(GroupedProduct(conv)(maps), conv(maps))


@pytest.mark.parametrize(
    "keywords",
    [{"groups": 4, "padding": "same"}, {"groups": 4, "padding": 1, "padding_mode": "circular"}],
    ids=["words", "circular"],
)
def test_other_convolutions_in_groups_are_left_alone(keywords):
    body = torch.nn.Sequential(torch.nn.Conv2d(8, 8, 3, **keywords))
    multiply_groups(body)
    assert isinstance(body[0], torch.nn.Conv2d)
