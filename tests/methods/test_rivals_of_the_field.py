"""The baselines of the field: textures, optical flow, histories of changes, and frozen networks with weights."""

import hashlib
import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import timm
import torch
from hypothesis import given, settings, strategies as st
from safetensors.torch import load_file, save_file
from skimage.feature import local_binary_pattern
from sklearn.cross_decomposition import PLSRegression
from sklearn.svm import SVR
from torchvision.models import get_model

from depnb import faces
from depnb.corpus.records import Recording
from depnb.evaluation.folds import subject_folds
from depnb.methods.rivals import features, flow, history, rows, textures
from depnb.methods.rivals.features import TooFewFrames, stretches
from depnb.methods.rivals.regression import COMPONENTS, COSTS, fit
from depnb.nets import frozen
from depnb.nets.weights import files, registry

FRAMES = 24
"""Of the film below."""
SIDE = faces.CROP_SIZE


def volume(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def test_there_are_58_uniform_patterns_and_the_others():
    changes = [bin(code ^ (code >> 1 | (code & 1) << 7)).count("1") for code in range(256)]
    uniform = [code for code, own in enumerate(changes) if own <= 2]
    assert len(uniform) == 58 == textures.BINS - 1
    assert textures.CODES[uniform].tolist() == list(range(58))
    assert set(np.delete(textures.CODES, uniform)) == {58}


def naive(film: np.ndarray, plane: tuple[int, int]) -> np.ndarray:
    """Shares of patterns by block, place by place, [GRID², BINS]."""
    counts = np.zeros((textures.GRID**2, textures.BINS))
    frames, height, width = film.shape
    for t in range(1, frames - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                code = 0
                for bit, steps in enumerate(textures.NEIGHBOURS):
                    place = [t, y, x]
                    for axis, step in zip(plane, steps, strict=True):
                        place[axis] += step
                    code |= int(film[tuple(place)] >= film[t, y, x]) << bit
                row, column = (y - 1) * textures.GRID // (height - 2), (x - 1) * textures.GRID // (width - 2)
                counts[row * textures.GRID + column, textures.CODES[code]] += 1
    return counts / counts.sum(1, keepdims=True)


@settings(max_examples=8, deadline=None)
@given(st.integers(3, 5), st.integers(6, 11), st.integers(6, 11), st.integers(0, 99))
def test_lbp_top_equals_a_loop_over_all_places(frames, height, width, seed):
    film = volume(frames, height, width, seed=seed)
    found = textures.lbp_top([film]).reshape(3, textures.GRID**2, textures.BINS)
    for plane, own in zip(((1, 2), (0, 2), (0, 1)), found, strict=True):
        assert own == pytest.approx(naive(film, plane))


def test_uniform_patterns_are_those_of_scikit_image_where_nothing_is_interpolated():
    """Pictures of two levels, big squares: a diagonal neighbour that is interpolated is on the same side."""
    picture = np.kron(volume(5, 5) // 128, np.ones((6, 6), np.uint8)) * 200
    theirs = local_binary_pattern(picture, 8, 1, "nri_uniform")[1:-1, 1:-1]
    ours = textures.patterns(picture[None], (1, 2), inner=(1, 2))[0]
    assert ((theirs == 58) == (ours == 58)).mean() > 0.9
    for code in np.unique(ours):
        assert len(np.unique(theirs[ours == code])) <= 2


def test_a_still_film_has_flat_patterns_in_time():
    """Along time nothing differs, so the rows above and below a place say what its own row says."""
    still = np.repeat(volume(1, 18, 18), 5, axis=0)
    both = textures.lbp_top([still]).reshape(3, textures.GRID**2, textures.BINS)
    moving = textures.lbp_top([volume(5, 18, 18)]).reshape(3, textures.GRID**2, textures.BINS)
    assert (both[1:] > 0).sum(-1).max() <= 4 < (moving[1:] > 0).sum(-1).max()
    assert both.sum(-1) == pytest.approx(1)


def test_stretches_of_a_film_count_together_and_none_across_a_gap():
    film = volume(9, 12, 12)
    together = textures.lbp_top([film[:4], film[4:]])
    assert together == pytest.approx((2 * textures.lbp_top([film[:4]]) + 3 * textures.lbp_top([film[4:]])) / 5)
    assert not np.allclose(together, textures.lbp_top([film]))


def test_each_frame_has_the_shares_of_its_own_patterns():
    film = volume(3, 14, 14)
    found = textures.frame_histograms(film)
    assert found.shape == (3, textures.GRID**2 * textures.BINS)
    assert found[1] == pytest.approx(textures.frame_histograms(film[1:2])[0])
    middle = textures.lbp_top([film]).reshape(3, -1)[0]
    assert found[1] == pytest.approx(middle)


@settings(max_examples=40)
@given(st.sets(st.integers(0, 25), min_size=1), st.integers(1, 3), st.integers(2, 3))
def test_stretches_are_the_longest_without_a_gap(frames, step, least):
    index = np.array(sorted(frames)) * step
    groups = np.split(np.arange(len(index)), (np.diff(index) > step).nonzero()[0] + 1)
    expected = [group.tolist() for group in groups if len(group) >= least]
    if not expected:
        with pytest.raises(TooFewFrames, match=f"no {least} frames"):
            stretches(index, step, least)
        return
    assert [np.arange(len(index))[part].tolist() for part in stretches(index, step, least)] == expected


def shifted(dx: int, dy: int) -> tuple[np.ndarray, np.ndarray]:
    """A smooth picture, and the same moved."""
    noise = cv2.GaussianBlur(volume(150, 150), (0, 0), 4)
    picture = cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX)
    return picture[20:132, 20:132], picture[20 - dy : 132 - dy, 20 - dx : 132 - dx]


@pytest.mark.parametrize(("dx", "dy", "bin_"), [(3, 1, 0), (1, 3, 1), (-3, 1, 3), (-3, -1, 4), (3, -1, 7)])
def test_the_flow_of_a_moved_picture_is_its_movement(dx, dy, bin_):
    found = flow.summary(flow.optical_flow(*shifted(dx, dy))[None])
    blocks = textures.GRID**2
    inner = np.arange(blocks).reshape(textures.GRID, textures.GRID)[1:-1, 1:-1].ravel()
    assert found[inner] == pytest.approx(np.hypot(dx, dy), rel=0.1)
    assert not found[blocks : 2 * blocks].any()
    shares = found[2 * blocks :].reshape(blocks, flow.ORIENTATIONS)
    assert (shares[inner, bin_] > 0.9).all()


def test_the_summary_of_flows_is_that_of_a_loop():
    flows = np.random.default_rng(0).normal(size=(5, 8, 8, 2))
    found = flow.summary(flows)
    for block in range(textures.GRID**2):
        row, column = divmod(block, textures.GRID)
        own = flows[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].reshape(5, -1, 2)
        length = np.hypot(own[..., 0], own[..., 1])
        assert found[block] == pytest.approx(length.mean())
        assert found[16 + block] == pytest.approx(length.mean(1).std())
        turn = np.degrees(np.arctan2(own[..., 1], own[..., 0])) % 360
        expected = np.histogram(turn, np.arange(0, 361, 45), weights=length)[0] / length.sum()
        assert found[32 + 8 * block : 40 + 8 * block] == pytest.approx(expected)


def test_where_nothing_moves_there_are_no_orientations():
    assert not flow.summary(np.zeros((3, 8, 8, 2))).any()


def test_a_history_counts_runs_of_changes():
    """A worked example: changes 1 1 0 1 in the first component, 1 × 6 and none in the others, over two stretches."""
    first = np.array([[0, 0, 0], [1, 1, 0], [2, 2, 0], [2, 3, 0], [3, 4, 0], [3, 5, 0], [3, 6, 0]], float)
    found = history.fdhh([first, first[:2]]).reshape(3, history.LONGEST)
    assert found * 7 == pytest.approx(np.array([[2, 1, 0, 0, 0], [1, 0, 0, 0, 1], [0] * 5]))


@settings(max_examples=30)
@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=14), min_size=1, max_size=3))
def test_a_history_equals_one_read_off_a_string(stretches_of_changes):
    walks = [np.cumsum([0, *changes])[:, None] * 0.5 for changes in stretches_of_changes]
    runs = [len(run) for own in stretches_of_changes for run in "".join(".1"[c] for c in own).split(".") if run]
    expected = [sum(min(run, history.LONGEST) == length for run in runs) for length in range(1, history.LONGEST + 1)]
    assert history.fdhh(walks) * sum(map(len, stretches_of_changes)) == pytest.approx(expected)


@pytest.mark.parametrize(("difference", "changes"), [(1.01 / 255, 1), (0.99 / 255, 0)])
def test_a_change_is_one_of_a_255th(difference, changes):
    assert history.fdhh([np.array([[0.3], [0.3 + difference]])])[0] == changes


def test_what_each_rival_is_fitted_with():
    assert rows.regression("lbp_top") == "svr"
    assert {name for name in rows.WORDS if rows.regression(name) == "pls"} == {
        "fdhh_landmarks",
        "fdhh_lbp",
        "fdhh_resnet50",
    }
    assert {rows.regression(name) for name in rows.SIMPLE} == {"ridge"}


def people(count: int, k: int, seed: int = 0):
    drawn = np.random.default_rng(seed)
    x = drawn.normal(size=(2 * count, k)) * drawn.uniform(0.1, 10, k)
    y = np.clip(20 + 8 * x[:, 0] / x[:, 0].std() + drawn.normal(0, 4, 2 * count), 0, 63)
    return x, y, [str(number // 2) for number in range(2 * count)]


@pytest.mark.parametrize(
    ("how", "candidates"),
    [
        ("svr", [SVR(kernel="linear", C=cost) for cost in COSTS]),
        ("pls", [PLSRegression(count, scale=False) for count in COMPONENTS if count <= 9]),
    ],
)
def test_what_is_chosen_is_best_on_people_who_were_left_out(how, candidates):
    x, y, subjects = people(14, 9)
    new = people(3, 9, seed=1)[0]
    parts = subject_folds(subjects, y, 5)

    def scores(regression, of, to):
        scale = x[of].mean(0), x[of].std(0)
        fitted = regression.fit((x[of] - scale[0]) / scale[1], y[of])
        return fitted.predict((to - scale[0]) / scale[1]).ravel()

    def error(regression):
        folds = [(np.setdiff1d(np.arange(len(y)), part), part) for part in parts]
        return np.mean([np.mean((scores(regression, of, x[part]) - y[part]) ** 2) for of, part in folds])

    best = candidates[int(np.argmin([error(one) for one in candidates]))]
    fitted = fit(x, y, subjects, how)
    assert fitted.learnt
    assert fitted.predict(new) == pytest.approx(scores(best, np.arange(len(y)), new))


@pytest.mark.parametrize("how", ["svr", "pls"])
def test_who_cannot_be_told_apart_gets_one_score(how):
    _, y, subjects = people(20, 1)
    fitted = fit(np.ones((40, 3)), y, subjects, how)
    assert not fitted.learnt
    assert len(set(fitted.predict(np.ones((2, 3))))) == 1


def test_few_people_have_few_components():
    x, y, subjects = people(2, 30)
    assert np.isfinite(fit(x, y, subjects, "pls").predict(x)).all()


@pytest.fixture
def film(tmp_path, monkeypatch):
    """A recording of noise that drifts; ``read`` counts how often its crops are taken out of their file."""
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    noise = cv2.GaussianBlur(volume(SIDE, SIDE + 2 * FRAMES, 3), (0, 0), 3)
    frames = np.stack([noise[:, 2 * k : 2 * k + SIDE] for k in range(FRAMES)])
    landmarks = np.random.default_rng(1).uniform(40, 180, (1, 68, 2)) + volume(FRAMES, 68, 2) / 50
    seen = SimpleNamespace(recording=Recording("203_1", None, "train", tmp_path / "v.mp4", 10.0), read=0)
    seen.recording.video.write_bytes(b"a video")
    seen.found = np.ones(FRAMES, bool)

    def crops(recording, index, settings):
        seen.read += len(index) > 0
        places = np.asarray(index, int)
        return SimpleNamespace(
            arrays={"found": seen.found},
            frames=frames[places],
            landmarks=landmarks[places].astype(np.float32),
            decode=lambda chosen: frames[places[chosen]],
        )

    monkeypatch.setattr(features.faces, "stored", crops)
    monkeypatch.setattr(features.faces, "load", crops)
    return seen


@pytest.mark.parametrize(
    ("name", "size"), [("lbp_top", 2832), ("optical_flow", 160), ("fdhh_landmarks", 680), ("fdhh_lbp", 4720)]
)
def test_a_video_is_looked_at_once(film, name, size):
    assert not features.is_kept(film.recording, name, 1, FRAMES)
    first = features.numbers(film.recording, name, 1, FRAMES)
    assert first.shape == (size,)
    assert np.isfinite(first).all()
    assert first.any()
    assert features.is_kept(film.recording, name, 1, FRAMES)
    assert (features.numbers(film.recording, name, 1, FRAMES) == first).all()
    assert film.read == 1


@pytest.mark.parametrize(
    ("name", "reason"), [("lbp_top", "no 3 frames"), ("optical_flow", "no two frames"), ("fdhh_lbp", "no 2 frames")]
)
def test_frames_that_do_not_follow_each_other_have_no_numbers(film, name, reason):
    film.found[1::2] = False
    with pytest.raises(TooFewFrames, match=reason):
        features.numbers(film.recording, name, 1, FRAMES)


def test_the_numbers_of_a_film_are_those_of_the_middle_of_its_crops(film):
    stored = features.faces.stored(film.recording, np.arange(FRAMES), None)
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[56:168, 56:168] for frame in stored.frames])
    assert features.numbers(film.recording, "lbp_top", 1, FRAMES) == pytest.approx(textures.lbp_top([grey]))
    flows = np.stack([flow.optical_flow(*pair) for pair in pairwise(grey)])
    assert features.numbers(film.recording, "optical_flow", 1, FRAMES) == pytest.approx(flow.summary(flows))


@pytest.mark.parametrize("name", rows.WEIGHTS)
def test_without_weights_a_rival_is_not_run_and_nothing_is_drawn(film, name):
    with pytest.raises(FileNotFoundError, match=f"depnb weights get {rows.WEIGHTS[name]}"):
        features.demand_weights(name)
    with pytest.raises(FileNotFoundError, match=f"depnb weights get {rows.WEIGHTS[name]}"):
        features.numbers(film.recording, name, 1, FRAMES)
    assert not features.is_kept(film.recording, name, 1, FRAMES)


def put_weights(monkeypatch, name: str) -> torch.nn.Module:
    """Random weights where torch keeps torchvision's, and their hash where that of the published ones stands."""
    torch.manual_seed(len(name))
    network = get_model(name.partition("-")[2]).eval()
    path = registry.find(name).path
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    published = registry.PUBLISHED[name]
    file = f"{published.file.rpartition('-')[0]}-{digest[:8]}.pth"
    path.rename(path.with_name(file))
    monkeypatch.setitem(registry.PUBLISHED, name, published._replace(file=file))
    return network


@pytest.mark.slow
def test_frozen_pictures_go_the_way_of_real_weights(film, monkeypatch):
    network = put_weights(monkeypatch, "imagenet-resnet50")
    features.demand_weights("imagenet_resnet50")
    found = features.numbers(film.recording, "imagenet_resnet50", 1, 6)
    assert found.shape == (4096,)
    assert (features.numbers(film.recording, "imagenet_resnet50", 1, 6) == found).all()
    assert film.read == 1
    crops = features.faces.stored(film.recording, np.array([6, 18]), None).frames
    means, deviations = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pictures = ((torch.from_numpy(crops) / 255 - means) / deviations).permute(0, 3, 1, 2)
    network.fc = torch.nn.Identity()
    with torch.no_grad():
        expected = network(pictures).numpy()
    assert found[:2048] == pytest.approx(expected.mean(0), rel=1e-3, abs=1e-4)
    assert found[2048:] == pytest.approx(expected.std(0), rel=1e-2, abs=1e-4)


@pytest.mark.slow
def test_the_history_of_frozen_pictures(film, monkeypatch):
    put_weights(monkeypatch, "imagenet-resnet50")
    film.found[4:] = False
    found = features.numbers(film.recording, "fdhh_resnet50", 1, FRAMES).reshape(2048, 5)
    assert (found * 3 == np.round(found * 3)).all()
    assert 0 < (found @ np.arange(1, 6)).mean() <= 1
    assert not found[:, 3:].any()


@pytest.mark.slow
def test_frozen_clips_go_the_way_of_real_weights(film, monkeypatch):
    put_weights(monkeypatch, "kinetics-r3d_18")
    monkeypatch.setattr(features, "CLIPS", 2)
    found = features.numbers(film.recording, "kinetics_r3d_18", 1, FRAMES)
    assert found.shape == (2 * 512,)
    assert np.isfinite(found).all()
    assert found[512:].any()


@pytest.mark.parametrize(("name", "size"), [("r3d_18", 512), ("mvit_v2_s", 768), ("swin3d_t", 768), ("resnet50", 2048)])
def test_a_frozen_network_has_no_classifier(name, size, monkeypatch):
    kind = "imagenet" if name == "resnet50" else "kinetics"
    monkeypatch.setattr(frozen.files, "load", lambda name, network: None)
    with torch.device("meta"):
        network = frozen._network.__wrapped__(f"{kind}-{name}", registry.find(f"{kind}-{name}").path, 0)
        assert network(torch.empty(2, *registry.find(f"{kind}-{name}").shape)).shape == (2, size)


def test_a_file_of_other_weights_is_refused(film):
    path = registry.find("imagenet-resnet50").path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"other weights")
    features.demand_weights("imagenet_resnet50")
    with pytest.raises(ValueError, match="SHA-256"):
        features.numbers(film.recording, "imagenet_resnet50", 1, 6)


@pytest.mark.slow
def test_timm_brings_a_network_once_and_it_is_frozen(film, monkeypatch):
    """Random weights, in the place of what its hub has."""
    create, asked = timm.create_model, []

    def drawn(model, pretrained, num_classes):
        asked.append(pretrained)
        return create(model, pretrained=False, num_classes=num_classes)

    monkeypatch.setattr(timm, "create_model", drawn)
    name = rows.WEIGHTS["timm_vit_s"]
    entry = files.get(name)
    assert len(entry.sha256) == 64
    found = features.numbers(film.recording, "timm_vit_s", 1, 6)
    assert (asked.count(True), found.shape) == (1, (2 * 384,))
    crops = features.faces.stored(film.recording, np.array([6, 18]), None).frames
    network = files.build(entry.architecture).eval()
    files.load(name, network)
    with torch.no_grad():
        assert found[:384] == pytest.approx(network(frozen.prepared(name, crops)).numpy().mean(0), abs=1e-4)
    values = load_file(entry.path)
    values["cls_token"] += 1
    save_file(values, entry.path, {"sha256": entry.sha256})
    with pytest.raises(ValueError, match="SHA-256"):
        files.get(name)
    entry.path.write_bytes(b"half")
    assert registry.find(name).sha256 is None
    with pytest.raises(ValueError, match="is damaged: delete it"):
        files.get(name)


def test_without_timm_it_says_what_to_install(film, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(FileNotFoundError, match=r"pip install 'depnb\[timm\]'"):
        files.get(rows.WEIGHTS["timm_vit_s"])


def test_without_a_network_it_says_where_the_file_belongs(film, monkeypatch):
    def unreachable(*asked, **how):
        raise OSError("no route")

    monkeypatch.setattr(timm, "create_model", unreachable)
    with pytest.raises(FileNotFoundError, match=r"no route.*put its timm-vit_small_patch16_224.dino.safetensors into"):
        files.get(rows.WEIGHTS["timm_vit_s"])


def test_pictures_are_standardised_as_timm_says():
    for name, published in registry.TIMM.items():
        theirs = timm.get_pretrained_cfg(name.removeprefix("timm-"))
        assert (published.mean, published.std, published.side) == (theirs.mean, theirs.std, theirs.input_size[1])
        assert theirs.license == "apache-2.0"


@pytest.mark.parametrize(("name", "side"), [("imagenet-resnet50", 224), ("kinetics-r3d_18", 112)])
def test_pictures_are_prepared_as_the_weights_say(name, side):
    crops = volume(2, *([3] if side == 112 else []), SIDE, SIDE, 3)
    found = frozen.prepared(name, crops)
    assert found.shape == (2, 3, *([3] if side == 112 else []), side, side)
    published, k = registry.PUBLISHED[name], (0, 1) if side == 112 else (0,)
    one = cv2.resize(crops[k], (side, side), interpolation=cv2.INTER_AREA)[..., 2] / 255
    expected = (one - published.mean[2]) / published.std[2]
    assert found[(k[0], 2, *k[1:])].numpy() == pytest.approx(expected, abs=1e-5)


def test_a_video_that_is_shorter_than_a_clip_says_so(film):
    film.found[10:] = False
    with pytest.raises(TooFewFrames, match="10 frames with a face, and a clip takes 16"):
        features.numbers(film.recording, "kinetics_r3d_18", 1, FRAMES)


def test_the_numbers_of_the_field_need_no_torch():
    look = "import sys, depnb.methods.rivals.textures, depnb.methods.rivals.flow, depnb.methods.rivals.history; "
    look += "print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True).stdout.split() == ["False"]
