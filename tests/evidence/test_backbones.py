import pytest
import torch
from torchvision.models import resnet18, resnet50

from depnb.backbones import ResNetBody


@pytest.mark.parametrize(("depth", "original"), [(18, resnet18), (50, resnet50)])
def test_at_full_width_it_is_torchvisions_resnet(depth, original):
    body, theirs = ResNetBody(depth).eval(), original(weights=None).eval()
    weights = {name: value for name, value in theirs.state_dict().items() if not name.startswith("fc.")}
    body.load_state_dict(weights)
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = body(x)
        expected = theirs.layer4(
            theirs.layer3(theirs.layer2(theirs.layer1(theirs.maxpool(theirs.relu(theirs.bn1(theirs.conv1(x)))))))
        )
    assert torch.equal(ours, expected)


def test_sizes():
    with torch.device("meta"):
        assert sum(p.numel() for p in ResNetBody(50).parameters()) == 23_508_032
        assert ResNetBody(50)(torch.empty(1, 3, 224, 224)).shape == (1, 2048, 7, 7)
        assert ResNetBody(18, 0.5)(torch.empty(2, 3, 64, 64)).shape == (2, 256, 2, 2)


def test_an_unknown_depth_is_refused():
    with pytest.raises(ValueError, match="10, 18, 50"):
        ResNetBody(34)
