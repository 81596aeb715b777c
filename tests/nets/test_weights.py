"""Pretrained weights: version-1 networks, files of others that must not run anything, and no file in a wrong network.

All files are made here, with random weights, under the names that the circulating ones have.
"""

import hashlib
import inspect
import json
import os
import pickle
import shutil
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from facenet_pytorch.models import inception_resnet_v1
from facenet_pytorch.models.inception_resnet_v1 import get_torch_home
from safetensors import safe_open
from torch import nn
from torchvision.models import get_weight, resnet18, resnet50
from typer.testing import CliRunner

from depnb import cli
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.inputs.pixels import centre_on_faces
from depnb.inputs.spec import VGGFACE2_BGR
from depnb.methods.profiles import PROFILES, Scale
from depnb.methods.registry import method
from depnb.nets.resnet import ResNetBody
from depnb.nets.resnet_v1 import ResNetV1Body
from depnb.nets.weights import files, pickles, registry, vggface2
from depnb.training import face_recipe, pretraining

BLOCKS = {2: 3, 3: 4, 4: 6, 5: 3}
"""By stage of a dag file, how many blocks it has."""
RATIO = {"resnet50": None, "senet50": 16}


def drawn(file: str) -> ResNetV1Body:
    """A version-1 network whose statistics are not those of an untrained one."""
    torch.manual_seed(len(file))
    body = ResNetV1Body(se_ratio=RATIO[file]).eval()
    for module in body.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return body


def as_pickled(body: ResNetV1Body) -> dict[str, np.ndarray]:
    """Its arrays under the names of the pickles, with 8631 classes."""
    arrays = {"fc.weight": np.zeros((vggface2.IDENTITIES, 2048), np.float16), "fc.bias": np.zeros(vggface2.IDENTITIES)}
    for name, value in body.state_dict().items():
        if "num_batches" in name:
            continue
        if ".se." in name and name.endswith("weight"):
            value = value[:, :, None, None]
        arrays[name.replace("bn3.se.fc1", "conv4").replace("bn3.se.fc2", "conv5")] = value.numpy()
    return arrays


def as_dag(body: ResNetV1Body) -> OrderedDict[str, torch.Tensor]:
    """Its tensors under the names of the dag files, the first convolution for RGB."""
    state, found = body.state_dict(), OrderedDict()

    def put(name: str, ours: str, normalised: str) -> None:
        found[f"{name}.weight"] = state[f"{ours}.weight"]
        for value in ("weight", "bias", "running_mean", "running_var"):
            found[f"{name}_bn.{value}"] = state[f"{normalised}.{value}"]

    put("conv1_7x7_s2", "conv1", "bn1")
    found["conv1_7x7_s2.weight"] = found["conv1_7x7_s2.weight"].flip(1)
    for stage, blocks in BLOCKS.items():
        for block in range(blocks):
            name, ours = f"conv{stage}_{block + 1}", f"layer{stage - 1}.{block}"
            put(f"{name}_1x1_reduce", f"{ours}.conv1", f"{ours}.bn1")
            put(f"{name}_3x3", f"{ours}.conv2", f"{ours}.bn2")
            put(f"{name}_1x1_increase", f"{ours}.conv3", f"{ours}.bn3")
            if block == 0:
                put(f"{name}_1x1_proj", f"{ours}.downsample.0", f"{ours}.downsample.1")
            if body.se_ratio:
                for part, fc in (("down", "fc1"), ("up", "fc2")):
                    found[f"{name}_1x1_{part}.weight"] = state[f"{ours}.bn3.se.{fc}.weight"][:, :, None, None]
                    found[f"{name}_1x1_{part}.bias"] = state[f"{ours}.bn3.se.{fc}.bias"]
    found["classifier.weight"] = torch.zeros(vggface2.IDENTITIES, 1, 1, 1)
    found["classifier.bias"] = torch.zeros(vggface2.IDENTITIES)
    return found


def written(path: Path, content: object) -> Path:
    if path.suffix == ".pth":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module", params=RATIO)
def file(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def body(file) -> ResNetV1Body:
    return drawn(file)


@pytest.fixture(scope="module")
def source(file, body, tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("sources") / f"{file}_ft_weight.pkl", as_pickled(body))


@pytest.fixture(scope="module")
def stored(source, tmp_path_factory) -> Path:
    """A cache into which the pickle was imported."""
    folder = tmp_path_factory.mktemp("stored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(folder))
        vggface2.import_file(source)
    return folder


@pytest.fixture
def name(file, stored, monkeypatch) -> str:
    monkeypatch.setenv("DEPNB_CACHE", str(stored))
    return f"vggface2-{file}"


@pytest.fixture
def empty(tmp_path, monkeypatch) -> Path:
    """A cache without weights, and libraries that have none."""
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


@pytest.fixture
def offline(empty, monkeypatch) -> Path:
    def refused(*rest, **named):
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refused)
    return empty


# The version-1 networks


def test_the_stride_is_on_the_first_convolution_of_a_block():
    body = ResNetV1Body(50, 1 / 16)
    for stage, stride in ((body.layer1, 1), (body.layer2, 2), (body.layer3, 2), (body.layer4, 2)):
        first, *others = stage
        assert (first.conv1.stride, first.conv2.stride) == ((stride, stride), (1, 1))
        assert first.downsample[0].stride == (stride, stride)
        assert all(block.conv1.stride == block.conv2.stride == (1, 1) for block in others)


@pytest.mark.parametrize(("build", "blind"), [(ResNetV1Body, True), (ResNetBody, False)])
def test_a_halving_block_of_version_1_sees_only_every_second_cell(build, blind):
    block = build(50, 1 / 16).eval().layer2[0]
    maps = torch.zeros(1, block.conv1.in_channels, 8, 8)
    changed = maps.clone()
    changed[:, :, 1::2, 1::2] = 1
    assert torch.equal(block(maps), block(changed)) == blind


@pytest.mark.parametrize(("build", "expected"), [(ResNetV1Body, [2, 4, 6, 7]), (ResNetBody, [1, 3, 5, 7])])
def test_the_first_pool_by_hand(build, expected):
    signal = torch.arange(8.0).expand(1, 1, 8, 8)
    assert build(18, 1 / 16).maxpool(signal)[0, 0, 0].tolist() == expected


@pytest.mark.parametrize(("side", "pooled"), [(112, 56), (8, 4), (7, 3), (4, 2), (3, 1)])
def test_sizes_behind_the_first_pool_are_rounded_up(side, pooled):
    assert ResNetV1Body(18, 1 / 16).maxpool(torch.zeros(1, 1, side, side)).shape[2:] == (pooled, pooled)


def test_maps_of_the_printed_size():
    with torch.device("meta"):
        for ratio, parameters in ((None, 23_508_032), (16, 26_039_024)):
            body = ResNetV1Body(se_ratio=ratio)
            assert sum(p.numel() for p in body.parameters()) == parameters
            assert body(torch.zeros(2, 3, 224, 224)).shape == (2, 2048, 7, 7)


def test_senet_is_that_of_timm():
    """timm's legacy SE-ResNet-50 is Caffe's: stride on the first convolution, pool rounded up."""
    import timm

    ours, theirs = drawn("senet50"), timm.create_model("legacy_seresnet50").eval()
    state = {}
    for key, value in ours.state_dict().items():
        key = f"layer0.{key}" if key.startswith(("conv1", "bn1")) else key.replace("bn3.se", "se_module")
        state[key] = value[:, :, None, None] if "se_module" in key and key.endswith("weight") else value
    result = theirs.load_state_dict(state, strict=False)
    assert (result.missing_keys, result.unexpected_keys) == (["last_linear.weight", "last_linear.bias"], [])
    pictures = centre_on_faces(torch.rand(1, 3, 78, 78))
    with torch.no_grad():
        assert torch.allclose(ours(pictures), theirs.forward_features(pictures), rtol=1e-4, atol=1e-4)


def test_pictures_are_bgr_less_the_mean():
    pixels = torch.tensor([10, 20, 30], dtype=torch.uint8)[None, :, None, None].expand(1, 3, 2, 2)
    expected = torch.tensor([30 - 91.4953, 20 - 103.8827, 10 - 131.0912])[None, :, None, None].expand(1, 3, 2, 2)
    assert torch.allclose(centre_on_faces(pixels), expected)
    assert torch.allclose(centre_on_faces(pixels / 255), expected, atol=1e-4)
    assert pixels[0, :, 0, 0].tolist() == [10, 20, 30]


# Importing


@pytest.mark.slow
def test_an_imported_pickle_is_the_network_that_it_was(name, file, source, body):
    entry, record = registry.find(name), registry.imported(name)
    assert entry.sha256 == record.source_sha256 == sha256(source)
    assert (record.architecture, record.source_channels, record.mean) == (f"{file}_v1", "BGR", VGGFACE2_BGR)
    fresh = ResNetV1Body(se_ratio=RATIO[file]).eval()
    files.load(name, fresh)
    assert all(torch.equal(value, fresh.state_dict()[key]) for key, value in body.state_dict().items())


@pytest.mark.parametrize("legacy", [False, True])
def test_a_dag_file_of_the_same_network_becomes_the_same_weights(empty, name, file, body, monkeypatch, legacy):
    pickled = registry.imported(name)
    path = empty / f"{file}_ft_dag.pth"
    torch.save(as_dag(body), path, _use_new_zipfile_serialization=not legacy)
    monkeypatch.setenv("DEPNB_CACHE", str(empty / "cache"))
    vggface2.import_file(path)
    record = registry.imported(name)
    assert (record.sha256, record.architecture) == (pickled.sha256, pickled.architecture)
    assert (record.source, record.source_channels) == (path.name, "RGB")


def test_a_pickle_of_python_2_is_read(tmp_path):
    """As Python 2 wrote it, byte strings and old module names included: {"a": float32 [1, 2]}."""
    path = tmp_path / "old.pkl"
    path.write_bytes(
        b"\x80\x02}q\x00U\x01aq\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85q\x04"
        b"U\x01bq\x05\x87q\x06Rq\x07(K\x01K\x02\x85q\x08cnumpy\ndtype\nq\tU\x02f4q\nK\x00K\x01\x87q\x0bRq\x0c(K\x03"
        b"U\x01<q\rNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0ebI00\nU\x08\x00\x00\x80?\x00\x00\x00@q\x0ftq\x10bs."
    )
    assert pickles.read_pickle(path)["a"].tolist() == [1.0, 2.0]


class Calls:
    """Pickled, it calls a function when it is read."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize("suffix", [".pkl", ".pth"])
def test_a_file_that_would_run_code_is_refused_and_runs_nothing(empty, suffix):
    trap = empty / "trapped"
    path = written(empty / f"resnet50_ft{suffix}", {"conv1.weight": Calls(os.mkdir, str(trap))})
    with pytest.raises(ValueError, match=rf"{os.mkdir.__module__}\.mkdir"):
        vggface2.import_file(path)
    assert not trap.exists()
    pickle.loads(pickle.dumps(Calls(os.mkdir, str(trap))))
    assert trap.exists()  # so the trap works


@pytest.mark.parametrize("function", [eval, getattr, np.load, np.frombuffer, torch.load, shutil.rmtree, Path])
def test_nothing_but_arrays_is_allowed_in_a_pickle(empty, function):
    path = written(empty / "resnet50_ft_weight.pkl", {"conv1.weight": Calls(function, "1")})
    with pytest.raises(ValueError, match=rf"asks for [\w.]*\.{function.__name__}, which arrays do not need"):
        vggface2.import_file(path)


def test_text_in_a_pickle_is_latin_1_only(empty):
    path = empty / "resnet50_ft_weight.pkl"
    path.write_bytes(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.")
    with pytest.raises(ValueError, match="encoded as rot13"):
        vggface2.import_file(path)


@pytest.mark.parametrize("content", [[1, 2], {"a": "text"}, {"a": np.array([None])}, {1: np.zeros(2)}, {"a": 1.0}])
def test_a_pickle_of_something_else_is_refused(empty, content):
    with pytest.raises(ValueError, match="a dict of names and arrays of numbers"):
        vggface2.import_file(written(empty / "resnet50_ft_weight.pkl", content))


@pytest.mark.parametrize("name", ["resnet50_scratch_weight.pkl", "senet50_scratch_dag.pth"])
def test_a_network_trained_from_scratch_is_not_taken_for_the_fine_tuned_one(empty, name):
    with pytest.raises(ValueError, match=rf"another network than {name.replace('scratch', 'ft')}.*MS-Celeb-1M"):
        vggface2.import_file(written(empty / name, {"a": np.zeros(2)}))
    assert all("MS-Celeb-1M" in registry.find(of).licence for of in registry.IMPORTED)


def halves(build, **arguments) -> dict[str, np.ndarray]:
    """Zeros in the shapes of a network, two bytes each."""
    with torch.device("meta"):
        shapes = {name: value.shape for name, value in build(**arguments).state_dict().items()}
    return {name: np.zeros(shape, np.float16) for name, shape in shapes.items()}


def changed_fc(arrays):
    arrays["fc.weight"] = arrays["fc.weight"][:1000]


def without_one(arrays):
    del arrays["layer3.4.bn2.running_var"]


def with_one_more(arrays):
    arrays["layer3.6.bn2.running_var"] = np.zeros(1)


def not_finite(arrays):
    arrays["layer1.0.conv1.weight"][0] = np.nan


def of_another_shape(arrays):
    arrays["layer4.0.conv2.weight"] = arrays["layer4.0.conv2.weight"][:, :1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed_fc, "1000 classes .* torchvision's networks share"),
        (without_one, r"layer3\.4\.bn2\.running_var should be \[256\] and is missing"),
        (with_one_more, r"there is no layer3\.6\.bn2\.running_var"),
        (not_finite, r"damaged: numbers of layer1\.0\.conv1\.weight are not finite"),
        (of_another_shape, r"layer4\.0\.conv2\.weight should be \[512, 512, 3, 3\] and is \[512, 1, 3, 3\]"),
    ],
)
def test_what_is_none_of_the_networks_is_refused(empty, change, message):
    arrays = halves(resnet50, num_classes=vggface2.IDENTITIES)
    change(arrays)
    with pytest.raises(ValueError, match=message):
        vggface2.import_file(written(empty / "resnet50_ft_weight.pkl", arrays))
    assert not (empty / "cache").exists()


def test_torchvisions_own_resnet_is_not_taken_for_a_face_network(empty):
    state = {name: torch.from_numpy(value) for name, value in halves(resnet50, num_classes=vggface2.IDENTITIES).items()}
    path = written(empty / "resnet50_ft_dag.pth", state)
    with pytest.raises(ValueError, match="has no classes under classifier.weight"):
        vggface2.import_file(path)


@pytest.mark.parametrize("file_name", ["resnet50_ft_weight.pkl", "resnet50_ft_dag.pth"])
@pytest.mark.parametrize("bytes_kept", [0, 1000])
def test_a_truncated_file_is_named(empty, file_name, bytes_kept):
    path = written(empty / file_name, {"conv1.weight": torch.zeros(64, 3, 7, 7).numpy()})
    path.write_bytes(path.read_bytes()[:bytes_kept])
    with pytest.raises(ValueError, match=f"{file_name} .*damaged"):
        vggface2.import_file(path)


def test_a_file_of_another_kind_or_none_is_named(empty):
    with pytest.raises(ValueError, match=r"face\.h5 is no \.pkl or \.pth file"):
        vggface2.import_file(empty / "face.h5")
    with pytest.raises(FileNotFoundError, match="nowhere.pkl"):
        vggface2.import_file(empty / "nowhere.pkl")


# What was imported


@pytest.fixture
def copied(name, stored, empty, monkeypatch) -> Path:
    """The imported weights in a cache where they can be damaged."""
    monkeypatch.setenv("DEPNB_CACHE", str(empty / "cache"))
    path = registry.find(name).path
    path.parent.mkdir(parents=True)
    shutil.copy(stored / "weights" / path.name, path)
    return path


def damaged_value(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:100_000])


def without_a_record(path):
    from safetensors.torch import save_file

    save_file({"conv1.weight": torch.zeros(64, 3, 7, 7)}, path)


@pytest.mark.slow
@pytest.mark.parametrize("change", [damaged_value, cut_off, without_a_record])
def test_damaged_weights_are_never_loaded(name, file, copied, change):
    change(copied)
    for use in (files.check, lambda name: files.load(name, ResNetV1Body(se_ratio=RATIO[file]))):
        with pytest.raises(ValueError, match="import the file that it was made of again"):
            use(name)


def test_a_damaged_file_does_not_stop_the_list(name, copied, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    assert "damaged" not in command("list").output
    cut_off(copied)
    assert [entry.name for entry in registry.listed() if entry.path.exists() and not entry.sha256] == [name]
    assert "damaged" in command("list").output


def test_renamed_weights_keep_their_architecture(name, file, copied):
    other = next(key for key in registry.IMPORTED if key != name)
    copied.rename(copied.with_name(f"{other}.safetensors"))
    with pytest.raises(ValueError, match=f"holds {file}_v1"):
        files.check(other)


def test_the_record_is_in_the_file_itself(name, stored, file):
    with safe_open(stored / "weights" / f"{name}.safetensors", framework="pt") as opened:
        assert json.loads(opened.metadata()["weights"])["architecture"] == f"{file}_v1"


@pytest.mark.parametrize(
    "build",
    [
        lambda ratio: ResNetBody(50, se_ratio=ratio),
        lambda ratio: resnet50(),
        lambda ratio: ResNetV1Body(se_ratio=None if ratio else 16),
        lambda ratio: ResNetV1Body(width=0.5, se_ratio=ratio),
        lambda ratio: ResNetV1Body(18, se_ratio=ratio),
        lambda ratio: inception_resnet_v1.InceptionResnetV1(),
    ],
    ids=["ours of torchvision's kind", "torchvision", "SE or not", "narrow", "shallow", "Inception"],
)
def test_face_weights_go_into_no_other_network(name, file, build):
    with torch.device("meta"):
        network = build(RATIO[file])
    with pytest.raises(ValueError, match=rf"{name} (are weights of the version-1|is not of this ResNetV1Body)"):
        files.load(name, network)


@pytest.mark.parametrize("name", ["imagenet-resnet50", registry.FACENET, "kinetics-r3d_18"])
@pytest.mark.parametrize("build", [ResNetV1Body, lambda: nn.Sequential(nn.Conv2d(3, 64, 7))])
def test_nothing_is_downloaded_for_a_network_that_it_is_not_of(offline, name, build):
    with torch.device("meta"):
        network = build()
    with pytest.raises(ValueError, match=f"{name} are weights of .*, not of a {type(network).__name__}"):
        files.load(name, network)


@pytest.mark.slow
def test_a_network_with_any_number_of_classes_takes_what_is_before_them(empty, monkeypatch):
    path = put_torchvision(empty, monkeypatch, resnet18().state_dict())
    network = resnet18(num_classes=7)
    files.load("imagenet-resnet18", network)
    body = ResNetBody(18)
    files.load("imagenet-resnet18", body)
    assert torch.equal(network.layer4[1].conv2.weight, body.layer4[1].conv2.weight)
    assert registry.find("imagenet-resnet18").path == path


# What is downloaded


def put_torchvision(folder: Path, monkeypatch, state: dict) -> Path:
    """An ImageNet ResNet-18 in torchvision's place, under a name that has its hash."""
    path = folder / "torch" / "hub" / "checkpoints" / "new.pth"
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    named = f"resnet18-{sha256(path)[:8]}.pth"
    known = registry.PUBLISHED["imagenet-resnet18"]._replace(file=named)
    monkeypatch.setitem(registry.PUBLISHED, "imagenet-resnet18", known)
    return path.rename(path.with_name(named))


def test_a_downloaded_file_is_verified_each_time(empty, monkeypatch):
    path = put_torchvision(empty, monkeypatch, resnet18().state_dict())
    assert files.get("imagenet-resnet18").path == path
    found = files.check("imagenet-resnet18")
    assert (found.parameters, found.output) == (11_176_512, (1, 1000))
    damaged_value(path)
    for use in (files.get, files.check, files.state):
        with pytest.raises(ValueError, match="Delete it, and run `depnb weights get imagenet-resnet18`"):
            use("imagenet-resnet18")


def test_weights_that_make_no_numbers_are_refused(empty, monkeypatch):
    state = resnet18().state_dict()
    state["layer3.0.bn1.weight"][:] = torch.nan
    put_torchvision(empty, monkeypatch, state)
    with pytest.raises(ValueError, match="not finite"):
        files.check("imagenet-resnet18")


def test_a_download_of_something_else_is_not_kept(empty, monkeypatch):
    asked = []

    def wrong(url, place, hash_prefix):
        asked.append(hash_prefix)
        raise RuntimeError('invalid hash value (expected "f37072fd", got "0")')

    monkeypatch.setattr(torch.hub, "download_url_to_file", wrong)
    with pytest.raises(ValueError, match="was not kept"):
        files.get("imagenet-resnet18")
    assert asked == [registry.find("imagenet-resnet18").sha256]


@pytest.mark.parametrize("name", ["imagenet-resnet50", "kinetics-s3d", registry.FACENET])
def test_without_network_it_says_which_file_to_put_where(offline, name):
    entry = registry.find(name)
    with pytest.raises(FileNotFoundError) as caught:
        files.get(name)
    message = str(caught.value)
    assert all(part in message for part in (entry.url, entry.path.name, f"put it into {entry.path.parent}"))
    assert entry.path.is_relative_to(offline)


def test_what_cannot_be_downloaded_says_how_it_is_imported(empty):
    for use in (files.get, files.check, registry.imported, files.state):
        with pytest.raises(FileNotFoundError, match="senet50_ft_weight.pkl or .* `depnb weights import FILE`"):
            use("vggface2-senet50")


def test_unknown_names_are_told_which_there_are(empty):
    with pytest.raises(KeyError, match="choose from imagenet-resnet18, .*, vggface2-senet50"):
        registry.find("vggface2-vgg16")


def test_every_entry_has_a_hash_and_a_network(empty):
    entries = registry.listed()
    assert len({entry.name for entry in entries}) == len(entries) == len(registry.TORCHVISION) + len(registry.TIMM) + 3
    for entry in entries:
        assert registry.find(entry.name) == entry
        assert (entry.url is None) == (entry.name in registry.IMPORTED)
        assert (entry.sha256 is None) == (entry.name in {*registry.IMPORTED, *registry.TIMM})  # taken when they come
        assert entry.sha256 is None or len(entry.sha256) in (8, 64)
        with torch.device("meta"):
            assert isinstance(files.build(entry.architecture), nn.Module)


def test_facenets_address_is_its_librarys():
    assert registry.FACENET_URL in inspect.getsource(inception_resnet_v1.load_weights)


def test_facenets_file_goes_into_its_network(empty, monkeypatch):
    path = registry.find(registry.FACENET).path
    path.parent.mkdir(parents=True)
    made = inception_resnet_v1.InceptionResnetV1(classify=True, num_classes=10)
    torch.save(made.state_dict(), path)
    monkeypatch.setattr(registry, "FACENET_SHA256", sha256(path))
    assert files.check(registry.FACENET).output == (1, 512)


# Rows


def test_rows_that_start_from_faces_take_what_their_body_takes():
    pixels = torch.randint(0, 256, (2, 5, 3, 32, 32), dtype=torch.uint8)
    for module in map(method, ("distribution", "depnet")):
        rows = {row: config for row, config in module.rows.items() if config.start in registry.IMPORTED}
        for config in rows.values():
            network = module.model(config, Scale(1 / 16, 50, 32))
            assert type(network.body) is ResNetV1Body
            assert config.start.removeprefix("vggface2-") == ("senet50" if network.body.se_ratio else "resnet50")
            input_spec = module.inputs(config, PROFILES["smoke"])
            frames = pixels[:, : len(input_spec.offsets)]
            expected = centre_on_faces(frames)
            prepared = input_spec.prepare(frames, False)
            assert torch.equal(prepared, expected[:, 0] if len(input_spec.offsets) == 1 else expected)
            assert prepared.std() > 50  # grey levels, also when varied
            assert input_spec.prepare(frames, True).std() > 30
        assert len(rows) == {"distribution": 3, "depnet": 4}[module.name]


def test_a_start_at_faces_is_a_fact_with_its_hash(name, file, source, body):
    facts = face_recipe.facts(name, PROFILES["paper"])
    assert facts == {"start": name, "sha256": sha256(source)}
    started = ResNetV1Body(se_ratio=RATIO[file])
    pretraining.begin(started, lambda: None, name, PROFILES["paper"])
    assert torch.equal(started.layer4[2].conv3.weight, body.layer4[2].conv3.weight)
    for scale in (Scale(width=0.5), Scale(depth=18)):
        with pytest.raises(ValueError, match=f"No {name} weights .* depth 50 and width 1"):
            face_recipe.facts(name, replace(PROFILES["paper"], scale=scale))


def test_a_start_at_faces_without_the_file_says_so(empty):
    run = Run("distribution", "expectation_vggface2", "null", profile="paper")
    with pytest.raises(FileNotFoundError, match="depnb weights import FILE"):
        Store(empty / "store").missing([run])
    with pytest.raises(FileNotFoundError, match="depnb weights import FILE"):
        face_recipe.facts("vggface2-resnet50", PROFILES["paper"])
    with pytest.raises(ValueError, match="No vggface2-resnet50 weights for a ResNet-10 of width 0.125"):
        pretraining.begin(nn.Identity(), nn.Identity, "vggface2-resnet50", PROFILES["smoke"])


# Commands


def command(*arguments: str):
    return CliRunner().invoke(cli.app, ["weights", *arguments])


@pytest.mark.slow
def test_the_commands(source, file, empty, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    name = f"vggface2-{file}"
    before = command("list").output
    assert all(entry.name in before for entry in registry.listed())
    assert "yes" not in before
    done = command("import", str(source))
    assert done.exit_code == 0, done.output
    assert sha256(source) in done.output
    assert "yes" in command("list").output
    assert sha256(source) in command("get", name).output
    checked = command("check", name)
    assert checked.exit_code == 0, checked.output
    assert "[1, 2048, 7, 7]" in checked.output


@pytest.mark.parametrize("name", registry.TORCHVISION)
def test_the_registry_says_what_torchvision_says(name):
    known, ours = get_weight(registry.TORCHVISION[name]), registry.PUBLISHED[name]
    transforms = known.transforms()
    assert known.url == registry.TORCHVISION_URL + ours.file
    assert known.meta["_file_size"] == ours.megabytes
    assert set(transforms.crop_size) == {ours.side}
    assert (tuple(transforms.mean), tuple(transforms.std)) == (ours.mean, ours.std)
    assert registry.find(name).sha256 == torch.hub.HASH_REGEX.search(ours.file)[1]


def test_downloads_lie_where_torch_looks_for_them(monkeypatch, tmp_path):
    for home in (None, tmp_path):
        monkeypatch.setenv("TORCH_HOME", str(home)) if home else monkeypatch.delenv("TORCH_HOME", raising=False)
        assert registry.find("imagenet-resnet50").path.parent == Path(torch.hub.get_dir()) / "checkpoints"
        assert registry.find(registry.FACENET).path.parent == Path(get_torch_home()) / "checkpoints"
