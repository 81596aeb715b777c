"""A network is kept, and scores a video as its run did; what it cannot score is refused, and limits are said."""

import json
import pickle
import re
import shutil
from dataclasses import replace
from pathlib import Path

import av
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from typer.testing import CliRunner

from depnb import cli, faces, inputs
from depnb.corpus import open_corpus
from depnb.evaluation import BANDS, conformal_radius
from depnb.experiments import corpora, execute, model_card, networks, predict
from depnb.experiments.networks import UnusableNetwork
from depnb.experiments.predict import predict_video
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.inputs import loading
from depnb.methods import registry
from depnb.methods.registry import method
from depnb.system import repository
from depnb.training import pretraining
from tests import bad_videos
from tests.bright import open_everywhere
from tests.reports.test_provenance import said_by

pytestmark = [pytest.mark.usefixtures("trainings_in_this_process"), pytest.mark.slow]

STILL = Run("distribution", "expectation_scratch", profile="smoke")
UNSELECTED = replace(STILL, protocol="paper")
FUSED = Run("temporal_pooling", "two_stream", profile="smoke")
CLIPS = Run("msn", "depth_27", profile="smoke")
RUNS = (STILL, CLIPS, FUSED, Run("depnet", "depnet", profile="smoke"), Run("dlga", "dlga", profile="smoke"))


def few(corpus):
    """Some recordings of a corpus: of development one person of the training and three new ones, one of them twice."""
    train = corpus.partition("train")
    known = next(r for r in corpus.partition("development") if r.subject in {s.subject for s in train})
    new = corpus.unseen("development", ("train",))
    firsts = list({r.subject: r for r in reversed(new)}.values())
    second = next(r for r in new if r not in firsts)
    chosen = [*train[:4], next(r for r in train if r.subject == known.subject), known, *firsts, second]
    chosen += [corpus.partition("test")[0], corpus.partition("unseen")[0]]
    return replace(corpus, recordings=tuple(dict.fromkeys(chosen)))


class Made:
    """A store of runs on a small corpus, with their networks."""

    def __init__(self, folder: Path):
        self.corpus = few(open_corpus("both-tiny"))
        self.corpus.ensure(self.corpus.recordings, workers=1)
        faces.prepare(self.corpus.recordings, workers=1)
        self.store = Store(folder / "results", networks=folder / "networks")

    def result(self, run: Run):
        return execute.run(run, self.store, device="cpu")

    def files(self, run: Run) -> list[Path]:
        self.result(run)
        return networks.files(self.store.networks, run)

    def video(self, partition: str) -> Path:
        return self.corpus.partition(partition)[0].video


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(folder / "cache"))
        patch.setattr(pretraining, "begin", lambda *rest: None)
        corpora.open_for_profile.cache_clear()
        found = Made(folder)
        open_everywhere(patch, lambda corpus, profile: found.corpus)
        yield found


@pytest.fixture(autouse=True)
def presentable(monkeypatch):
    """A wide terminal, and no window for a figure."""
    monkeypatch.setenv("COLUMNS", "200")
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.paper}/{run.row}")
def test_the_score_is_the_one_of_the_run(made, run, tmp_path):
    stored = made.result(run).predictions["unseen"]
    copied = shutil.copy(made.video("unseen"), tmp_path / "somebody.mp4")
    found = predict_video(copied, made.files(run), paper=run.paper, device="cpu")
    assert found.score == pytest.approx(stored.score[0], abs=1e-4)
    assert found.constant == pytest.approx(stored.constant[0], abs=1e-4)
    assert found.score == pytest.approx(np.mean([np.mean(part.scores) for part in found.parts]))
    assert found.run == run
    assert found.faces.status == "ok"
    for part in found.parts:
        assert len(part.seconds) == len(part.scores)
        assert 0 <= min(part.seconds) <= max(part.seconds) < 2


def test_the_times_are_those_of_the_frames(made):
    recording = made.corpus.partition("unseen")[0]
    (part,) = predict_video(recording.video, made.files(STILL), device="cpu").parts
    crops = faces.load(recording)
    assert part.unit == "frames"
    assert part.seconds == tuple(crops.time[loading.evenly_spaced(len(crops.time), len(part.scores))])
    (clip,) = predict_video(recording.video, made.files(CLIPS), device="cpu").parts
    assert clip.unit == "clips"
    assert np.diff(clip.seconds) == pytest.approx(1.0)  # eight frames, eight a second


def test_the_interval_comes_from_people_that_the_network_was_not_trained_on(made):
    trained = made.corpus.subjects("train")
    new_people = [r for r in made.corpus.partition("development") if r.subject not in trained]
    (file,) = made.files(STILL)
    errors = [abs(predict_video(r.video, [file], device="cpu").score - r.bdi) for r in new_people]
    videos = [sum(other.subject == r.subject for other in new_people) for r in new_people]
    card, _ = networks.read(file)
    assert [error for error, _ in card.errors] == pytest.approx(sorted(errors), abs=1e-3)
    assert sorted(count for _, count in card.errors) == sorted(videos) == [1, 1, 2, 2]
    found = predict_video(made.video("unseen"), [file], coverage=0.5, device="cpu")
    radius = conformal_radius(errors, videos, 0.5)
    assert (found.interval.people, found.interval.coverage) == (3, 0.5)
    assert found.interval.low == pytest.approx(max(0, found.score - radius), abs=1e-3)
    assert found.interval.high == pytest.approx(min(63, found.score + radius), abs=1e-3)
    assert "3 people of development" in found.about_interval


def test_the_interval_of_a_fused_row_is_wide_enough_for_both_of_its_networks(made):
    files = made.files(FUSED)
    video = made.video("unseen")
    assert predict_video(video, files, coverage=0.6, device="cpu").interval is None  # which asks 0.8 of each
    fused = predict_video(video, files, coverage=0.5, device="cpu")
    radii = [conformal_radius(*zip(*networks.read(file)[0].errors, strict=True), 0.75) for file in files]
    assert fused.interval.high == pytest.approx(min(63, fused.score + np.mean(radii)))
    assert predict_video(video, files[::-1], coverage=0.5, device="cpu").score == pytest.approx(fused.score)


def test_without_enough_people_there_is_no_interval(made):
    found = predict_video(made.video("unseen"), made.files(STILL), device="cpu")
    assert found.interval is None
    assert "3 people" in found.about_interval
    assert "at least 9" in found.about_interval
    assert found.about_interval in found.limits


def test_without_a_selecting_partition_there_is_no_interval(made):
    found = predict_video(made.video("unseen"), made.files(UNSELECTED), coverage=0.5, device="cpu")
    assert found.interval is None
    assert "protocol paper sets nobody aside" in found.about_interval


def test_a_model_card_with_the_errors_of_the_result_lies_beside_each_network(made):
    for run in (STILL, FUSED):
        for file in made.files(run):
            card, _ = networks.read(file)
            result = made.result(card.run)
            assert card.judged.keys() == result.metrics.keys()
            assert card.judged["unseen"]["all"]["rmse"] == pytest.approx(result.metrics["unseen"]["rmse"], abs=1e-4)
            assert file.with_suffix(".md").read_text() == model_card.of_file(file)


def test_no_person_of_a_licensed_corpus_gets_into_a_network(made, tmp_path, monkeypatch):
    licensed = replace(made.corpus, name="AVEC", generated=False, fingerprint={"labels": {"203_1": 17}})
    open_everywhere(monkeypatch, lambda corpus, profile: licensed)
    run = replace(STILL, corpus="/folder/both-secret", seed=5)
    execute.run(run, Store(tmp_path / "results", networks=tmp_path / "networks"), device="cpu")
    (file,) = networks.files(tmp_path / "networks", run)
    with safe_open(file, framework="pt") as stored:
        metadata = stored.metadata()
    assert metadata.keys() == {"depnb", "sha256"}
    for recording in licensed.recordings:
        assert recording.id not in metadata["depnb"]
    said = json.loads(metadata["depnb"])
    assert "corpus" not in said["facts"]  # its check sum covers labels
    assert said["run"]["corpus"] == "both-secret"
    assert "/folder" not in metadata["depnb"]
    assert said["constant"] == round(said["constant"])
    assert said["errors"] == []  # of three people
    assert said["judged"] == {}
    told = file.with_suffix(".md").read_text()
    for recording in licensed.recordings:
        assert recording.id not in told
    assert "/folder" not in told
    assert run.digest[:8] not in file.name
    assert set(said) == {
        "run", "fold", "facts", "computing", "corpus", "generated", "learnt", "constant", "errors", "depnb", "format",
        "footage", "judged",
    }  # fmt: skip
    limits = predict_video(made.video("unseen"), [file], device="cpu").limits
    assert any("licence of that corpus" in sentence for sentence in limits)
    assert any("fewer than 20 people of a licensed corpus" in sentence for sentence in limits)


def test_errors_of_a_licensed_corpus_are_coarse_in_a_network(made, tmp_path):
    (file,) = made.files(STILL)
    card, weights = networks.read(file)
    card = replace(card, generated=False, constant=14.8731, errors=tuple((k + 0.1234, 1) for k in range(20)))
    network = torch.nn.Linear(1, 1)
    networks.write(tmp_path / "a.safetensors", card, network)
    kept, _ = networks.read(tmp_path / "a.safetensors")
    assert (kept.constant, kept.run.corpus) == (15.0, Path(card.run.corpus).name)
    assert kept.errors == tuple((float(5 * (k // 5) + 5), 1) for k in range(20))


def filmed(path: Path, frames, rate: int = 8) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"crf": "10"})
        stream.height, stream.width = frames[0].shape[:2]
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode())
    return path


def frames_of(video: Path) -> list[np.ndarray]:
    with av.open(str(video)) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]


def limits_of(made, path: Path, run: Run = STILL) -> str:
    return " ".join(predict_video(path, made.files(run), device="cpu").limits)


@pytest.mark.parametrize("run", [STILL, CLIPS], ids=["frames", "clips"])
def test_what_is_not_like_the_videos_of_the_training_is_said(made, tmp_path, run):
    first, other = (frames_of(made.video(partition)) for partition in ("unseen", "test"))
    usual = limits_of(made, filmed(tmp_path / "usual.mp4", first), run)
    for words in ("frames per second", "lasts", "fewer than", "photograph", "another one"):
        assert words not in usual
    with pytest.raises(ValueError, match="photograph is no video"):
        predict_video(filmed(tmp_path / "one.mp4", first[:1]), made.files(run), device="cpu")
    for rate in (30, 4):
        said = limits_of(made, filmed(tmp_path / f"{rate}.mp4", first, rate), run)
        assert f"has {rate} frames per second, and those of the training had 8" in said
    short = limits_of(made, filmed(tmp_path / "short.mp4", first[:3]), run)
    assert "lasts 0.4 seconds, and those of the training lasted 2.0" in short
    assert "has 3 frames with a face that can be used, fewer than the" in short
    still = limits_of(made, filmed(tmp_path / "still.mp4", [first[0]] * 16), run)
    assert "may be a photograph" in still
    exchanged = limits_of(made, filmed(tmp_path / "two.mp4", [*first[:8], *other[:8]]), run)
    assert "looks like another one" in exchanged


def flipped(file: Path, folder: Path, place: int) -> Path:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    path = folder / "flipped.safetensors"
    path.write_bytes(content)
    return path


def test_a_damaged_network_is_refused(made, tmp_path):
    (file,) = made.files(STILL)
    content = file.read_bytes()
    digit = re.search(rb"constant\W+(\d)", content).start(1)  # of the card
    for place in (-1, len(content) // 2, digit):
        with pytest.raises(UnusableNetwork, match="check sum"):
            networks.read(flipped(file, tmp_path, place))
    for length in (0, 5, 1000, len(content) - 1):
        (tmp_path / "cut.safetensors").write_bytes(content[:length])
        with pytest.raises(UnusableNetwork, match=r"cut\.safetensors is damaged or no network"):
            networks.read(tmp_path / "cut.safetensors")


def test_what_is_no_network_is_refused(made, tmp_path):
    save_file({"conv1.weight": torch.zeros(2)}, tmp_path / "other.safetensors", {"format": "pt"})
    with pytest.raises(UnusableNetwork, match="nothing says what of"):
        networks.read(tmp_path / "other.safetensors")
    with pytest.raises(UnusableNetwork, match="no network"):
        networks.read(made.store.file(STILL) if made.result(STILL) else None)
    with pytest.raises(FileNotFoundError, match="--networks FOLDER"):
        networks.read(tmp_path / "nothing.safetensors")
    with pytest.raises(FileNotFoundError, match="--networks FOLDER"):
        networks.read(tmp_path)


def refused(made, match: str, run: Run = STILL, **how) -> None:
    with pytest.raises(UnusableNetwork, match=match):
        predict_video(made.video("unseen"), made.files(run), device="cpu", **how)


def _raised(monkeypatch, stage: str) -> int:
    """Let the code be of another version of a stage than what was trained; the version of that."""
    if stage == "method":
        paper = method(STILL.paper)
        other = replace(paper, version=paper.version + 1)
        monkeypatch.setattr(registry, "_papers", lambda: {paper.name: other})
        return paper.version
    module = {"faces": faces, "inputs": inputs}[stage]
    trained = module.VERSION
    monkeypatch.setattr(module, "VERSION", trained + 1)
    return trained


@pytest.mark.parametrize("stage", ["faces", "inputs", "method"])
def test_another_preprocessing_is_refused_with_both_versions(made, stage, monkeypatch):
    files = made.files(STILL)
    trained = _raised(monkeypatch, stage)
    with pytest.raises(UnusableNetwork, match=rf"\({trained} there, {trained + 1} asked for\).*Train it again.*depnb"):
        predict_video(made.video("unseen"), files, device="cpu")


def test_another_configuration_or_size_is_refused(made, monkeypatch):
    files, module = made.files(STILL), method("distribution")
    with monkeypatch.context() as patch:
        patch.setitem(module.rows, STILL.row, module.config(loss="euclidean", start="scratch"))
        with pytest.raises(UnusableNetwork, match=r"configuration\.loss"):
            predict_video(made.video("unseen"), files, device="cpu")
    with monkeypatch.context() as patch:
        patch.setitem(module.profiles, "smoke", replace(module.profiles["smoke"], frames=5))
        with pytest.raises(UnusableNetwork, match=r"profile\.frames"):
            predict_video(made.video("unseen"), files, device="cpu")
    with monkeypatch.context() as patch:
        (path,) = files
        of = predict.specified(networks.read(path)[0])
        patch.setattr(predict, "specified", lambda card: of._replace(frame_stride=10))
        with pytest.raises(UnusableNetwork, match="every"):
            predict_video(made.video("unseen"), files, device="cpu")
    with monkeypatch.context() as patch:
        patch.delitem(module.rows, STILL.row)
        with pytest.raises(UnusableNetwork, match="which this depnb has not"):
            predict_video(made.video("unseen"), files, device="cpu")


def test_another_method_is_refused(made, monkeypatch):
    made.files(STILL)
    refused(made, "a network of distribution, not of msn", paper="msn")
    with pytest.raises(KeyError, match="choose from .*distribution"):
        predict_video(made.video("unseen"), made.files(STILL), paper="nobody")
    monkeypatch.setattr(predict, "papers", lambda: ("msn",))
    refused(made, "this depnb has no method")


def test_several_networks_must_be_a_fused_row(made):
    video, first = made.video("unseen"), made.files(FUSED)[0]
    with pytest.raises(ValueError, match="two_stream: appearance and temporal_9"):
        predict_video(video, [first, first], device="cpu")
    with pytest.raises(ValueError, match="Fused rows of distribution: none"):
        predict_video(video, [*made.files(STILL), first], device="cpu")
    assert predict_video(video, [first], device="cpu").run.row == "appearance"


def test_what_is_no_video_of_a_face_is_refused(made, tmp_path):
    files = made.files(STILL)
    empty = bad_videos.encode(tmp_path / "empty.mp4", [bad_videos.background()] * 4)
    with pytest.raises(loading.NoFaceError, match=r"No face in any of 4 frames of .*empty\.mp4"):
        predict_video(empty, files, device="cpu")
    for broken in (bad_videos.text_file(tmp_path), bad_videos.zero_bytes(tmp_path)):
        with pytest.raises(faces.VideoError, match=broken.name):
            predict_video(broken, files, device="cpu")
    with pytest.raises(FileNotFoundError, match=r"No such video: .*nobody\.mp4"):
        predict_video(tmp_path / "nobody.mp4", files)
    with pytest.raises(ValueError, match="between 0 and 1"):
        predict_video(made.video("unseen"), files, coverage=90)


def test_what_the_number_is_not(made):
    found = predict_video(made.video("unseen"), made.files(STILL), device="cpu")
    text = " ".join(found.limits)
    for needle in ("no diagnosis", "no screening", made.corpus.title, "Of a real face its score says nothing"):
        assert needle in text
    assert f"one would say {found.constant:.1f}" in text
    assert "frames; they count for nothing" not in text
    worse = replace(found, learnt=False, faces=replace(found.faces, without_face=3, other_faces=1))
    text = " ".join(worse.limits)
    for needle in (
        "no result of the method",
        "No face was found in 3 of 16 frames",
        "whether the right one was followed",
    ):
        assert needle in text


def invoke(*arguments) -> str:
    done = CliRunner().invoke(cli.app, list(map(str, arguments)))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_of_a_video_of_ones_own_git_takes_nothing_and_its_picture_says_so(made, tmp_path, monkeypatch):
    own = tmp_path / "elsewhere" / made.video("unseen").name
    own.parent.mkdir()
    shutil.copyfile(made.video("unseen"), own)
    found = replace(predict_video(made.video("unseen"), made.files(STILL), device="cpu"), video=own)
    monkeypatch.setattr(repository, "COMMITTED", tmp_path / "repository" / "results")
    with pytest.raises(ValueError, match=r"git would take it into .*\. Name a folder in runs/"):
        predict.write(found, tmp_path / "repository" / "predicted")
    assert not (tmp_path / "repository").exists()
    predict.write(found, tmp_path / "repository" / "runs" / "predicted")
    (picture,) = (tmp_path / "repository").rglob("*.png")
    assert f"{made.corpus.title}, a video of one’s own" in said_by(picture)


def test_the_command_prints_and_writes(made, tmp_path):
    (file,), video = made.files(STILL), made.video("unseen")
    command = ("predict", video, "--method", "distribution", "--weights", file, "--coverage", 0.5, "--device", "cpu")
    found = predict_video(video, [file], coverage=0.5, device="cpu")
    text = invoke(*command, "--out", tmp_path)
    for needle in (f"{found.score:.1f}", f"{found.interval.low:.1f} to {found.interval.high:.1f}", *found.limits):
        assert needle in " ".join(text.split())
    for part in found.parts:
        assert text.count(part.row) > len(part.scores)
    stem = f"{video.stem}-distribution-expectation_scratch"
    assert {path.name for path in tmp_path.iterdir()} == {f"{stem}.pdf", f"{stem}.png", f"{stem}.json"}
    assert made.corpus.title in said_by(tmp_path / f"{stem}.png")
    said = json.loads(invoke(*command, "--json"))
    assert said == json.loads((tmp_path / f"{stem}.json").read_text())
    assert said["score"] == found.score
    assert said["parts"][0]["scores"] == list(found.parts[0].scores)
    assert said["run"]["row"] == STILL.row
    assert said["limits"] == list(found.limits)


def test_the_figure_shows_all_that_is_known(made):
    found = predict_video(made.video("unseen"), made.files(FUSED), coverage=0.5, device="cpu")
    figure = predict.draw(found)
    over_time, whole = figure.axes
    labels = [text.get_text() for text in over_time.get_legend().get_texts()]
    assert labels == ["constant predictor", "frames, appearance", "clips, temporal_9"]
    for line, part in zip(over_time.lines[-2:], found.parts, strict=True):
        assert tuple(line.get_xdata()) == part.seconds
        assert tuple(line.get_ydata()) == part.scores
    interval, score = whole.lines[-2:]
    assert list(interval.get_ydata()) == [found.interval.low, found.interval.high]
    assert list(score.get_ydata()) == [found.score]
    assert whole.get_xlabel() == "video,\n50 % interval"
    assert [text.get_text() for text in whole.texts] == [band.name for band in BANDS]
    assert "no diagnosis" in figure.get_supxlabel().replace("\n", " ")
    without = predict.draw(replace(found, interval=None))
    assert without.axes[1].get_xlabel() == "video,\nno interval"


def test_a_stored_run_is_not_trained_again_for_its_network(made, tmp_path):
    made.files(STILL)
    command = ("run", "--profile", "smoke", "--rows", f"{STILL.paper}/{STILL.row}", "--seed", 0)
    command += ("--store", made.store.path, "--networks", tmp_path)
    assert f"No network of {STILL.paper} {STILL.row}" in invoke(*command, "--missing")
    assert "No network" not in invoke(*command[:-1], made.store.networks, "--missing")
    assert not list(tmp_path.iterdir())
    refusal = CliRunner().invoke(cli.app, list(map(str, command)))
    assert isinstance(refusal.exception, ValueError)
    assert "--missing" in str(refusal.exception)


def test_a_worker_process_keeps_its_networks_too(tmp_path):
    store = pickle.loads(pickle.dumps(Store(tmp_path / "results", networks=tmp_path / "networks")))
    assert (store.path, store.networks) == (tmp_path / "results", tmp_path / "networks")
