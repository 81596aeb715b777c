"""Face pretraining on strangers, and ImageNet weights where the user has them."""

from collections import Counter
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from torchvision.models import resnet18, resnet50

from depnb.corpus.synthetic import named_recipe, pretraining_identities, sessions
from depnb.experiments.corpora import open_for_profile
from depnb.methods.profiles import PROFILES, Scale
from depnb.methods.registry import method, papers, resolve
from depnb.nets.resnet import ResNetBody
from depnb.nets.weights import registry
from depnb.training import face_recipe, pretraining
from depnb.training.face_recipe import facts
from depnb.training.pretraining import Pretrained, begin, identity, imagenet
from tests.damage import forty

pytestmark = pytest.mark.slow

SMOKE = replace(PROFILES["smoke"], threads=1, steps=30)


def body():
    return ResNetBody(SMOKE.scale.depth, SMOKE.scale.width)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def pretrained(cache):
    return identity(body, SMOKE, device="cpu")


def test_strangers_occur_in_no_corpus():
    met = {s.subject for size in ("tiny", "quick", "full") for s in sessions(pretraining_identities(size))}
    for name in ("both", "appearance", "dynamics", "null"):
        for size in ("tiny", "quick", "full"):
            assert not met & {s.subject for s in sessions(named_recipe(f"{name}-{size}"))}


def test_it_is_trained_once_and_shared(pretrained, cache, monkeypatch):
    assert pretrained.people == 8
    assert list(cache.glob("pretrained/*.safetensors"))
    monkeypatch.setattr(pretraining, "train", lambda *rest, **named: pytest.fail("trained again"))
    again = identity(body, SMOKE, device="cpu")
    assert again.accuracy == pretrained.accuracy
    started = body()
    begin(started, body, "identity", SMOKE, device="cpu")
    assert all(torch.equal(value, pretrained.weights[name]) for name, value in started.state_dict().items())


def test_another_body_is_another_pretraining(pretrained, cache, monkeypatch):
    asked = []
    monkeypatch.setattr(pretraining, "_tell_apart", lambda build, *rest: asked.append(build()) or pretrained)
    identity(lambda: ResNetBody(18, SMOKE.scale.width), SMOKE, device="cpu")
    assert len(asked) == 1


def test_a_damaged_file_is_made_again(pretrained, cache, monkeypatch):
    for path in cache.glob("pretrained/*.safetensors"):
        path.write_bytes(path.read_bytes()[:1000])
    made = []
    monkeypatch.setattr(pretraining, "_tell_apart", lambda *rest: made.append(1) or pretrained)
    assert identity(body, SMOKE, device="cpu").accuracy == pretrained.accuracy
    assert made == [1]


def test_of_forty_damaged_bodies_none_is_used(tmp_path, pretrained, caplog):
    path = tmp_path / "body.safetensors"
    pretraining._write(path, pretrained)
    whole = path.read_bytes()
    again = pretraining._read(path)
    assert (again.people, again.accuracy, again.seconds) == (
        pretrained.people, pretrained.accuracy, pretrained.seconds
    )  # fmt: skip
    assert again.weights.keys() == pretrained.weights.keys()
    assert all(torch.equal(value, again.weights[name]) for name, value in pretrained.weights.items())
    for content in forty(whole, seed=8):
        path.write_bytes(content)
        caplog.clear()
        assert pretraining._read(path) is None
        assert [str(path) in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.parametrize("profile", ["smoke", "quick"])
def test_rows_that_share_a_body_start_it_alike(profile):
    """Else who comes first would decide the numbers of the others."""
    starts: dict[Path, set[str]] = {}
    shared = Counter()
    for paper in map(method, papers()):
        corpus = open_for_profile("both", profile)
        for row in paper.rows:
            of = resolve(paper, row, profile, "honest", corpus)
            if of.config.start != "identity":
                continue
            build = partial(body_of, paper, of)
            path = pretraining.file(build, of.profile, of.input_spec, of.learning.faces, "cpu")
            torch.manual_seed(0)
            content = b"".join(value.numpy().tobytes() for value in build().state_dict().values())
            starts.setdefault(path, set()).add(sha256(content).hexdigest())
            shared[path] += 1
    assert max(shared.values()) > 5
    assert {path.name: len(found) for path, found in starts.items() if len(found) > 1} == {}


def body_of(paper, of):
    return paper.model(of.config, of.profile.scale).body


@pytest.mark.parametrize(("depth", "library"), [(18, resnet18), (50, resnet50)])
def test_imagenet_weights_of_the_user_fit(depth, library, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    profile = replace(PROFILES["paper"], scale=Scale(depth=depth))
    state = library().state_dict()
    path = tmp_path / "hub" / "checkpoints" / "new.pth"
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    name, digest = face_recipe.IMAGENET[depth], sha256(path.read_bytes()).hexdigest()
    file = f"resnet-{digest[:8]}.pth"
    path.rename(path.with_name(file))
    monkeypatch.setitem(registry.PUBLISHED, name, registry.PUBLISHED[name]._replace(file=file))
    loaded = imagenet(profile)
    started = ResNetBody(depth)
    started.load_state_dict(loaded)
    assert torch.equal(started.conv1.weight, state["conv1.weight"])


def test_imagenet_weights_that_cannot_be_had_say_where_they_go(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def refused(*rest, **named):
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refused)
    with pytest.raises(FileNotFoundError, match="put it into"):
        imagenet(PROFILES["paper"])
    for asked in (imagenet, lambda profile: facts("imagenet", profile)):
        with pytest.raises(ValueError, match="depth 18 and 50"):
            asked(SMOKE)


def test_what_decides_the_start_is_a_fact_of_the_run(monkeypatch):
    before = facts("identity", SMOKE)
    assert facts("scratch", SMOKE) == {"start": "scratch"}
    assert facts("imagenet", PROFILES["paper"])["weights"] == "ResNet50_Weights.IMAGENET1K_V1"
    monkeypatch.setattr(face_recipe, "VERSION", face_recipe.VERSION + 1)
    assert facts("identity", SMOKE) != before


def test_a_row_has_the_same_numbers_whether_the_pretraining_was_there_or_not(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))

    def tell_apart(build, *rest):
        torch.manual_seed(5)
        return Pretrained(build().state_dict(), people=8, accuracy=0.5, seconds=0.0)

    monkeypatch.setattr(pretraining, "_tell_apart", tell_apart)
    drawn = []
    for _ in ("cold", "warm"):
        torch.manual_seed(0)
        begin(body(), body, "identity", SMOKE, device="cpu")
        drawn.append(torch.rand(3))
    assert torch.equal(*drawn)
