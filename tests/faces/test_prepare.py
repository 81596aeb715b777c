"""Many videos: good and bad input together, resuming, faults, several processes."""

import errno
import hashlib
import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from depnb import faces
from depnb.faces import TEMPLATE, transform_points
from depnb.faces.crop_paths import crop_path
from depnb.faces.crops import CropWriter
from depnb.faces.samples import moved_portrait
from depnb.system import files
from depnb.system.files import StorageError
from depnb.system.progress import Progress
from tests import bad_videos

pytestmark = pytest.mark.slow

MODULE = importlib.import_module("depnb.faces.preparation")


def digests(cache: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(cache.rglob("[!.]*.crops"))}


def only(report):
    (row,) = report.rows
    return row


def test_good_video(tmp_path, recording):
    record = recording(bad_videos.good(tmp_path))
    row = only(faces.prepare([record]))
    assert (row.status, row.frames, row.without_face, row.other_faces) == ("ok", 16, 0, 0)
    assert row.jumps == 0
    assert row.blur > 0
    assert 30 < row.face_size_px < 80
    crops = faces.load(record)
    assert crops.frames.shape == (16, 224, 224, 3)
    assert crops.landmarks.shape == (16, 68, 2)
    assert crops.found.all()
    for points, matrix in zip(crops.points, crops.matrices, strict=True):
        assert np.abs(transform_points(points, matrix) - TEMPLATE).mean() < 8
    eyes = crops.landmarks[:, 36:48].reshape(16, 2, 6, 2).mean(2)
    assert np.abs(eyes - TEMPLATE[:2]).max() < 8
    assert np.allclose(faces.load(record, [3, 1]).frames, crops.frames[[3, 1]])


@pytest.mark.parametrize("kind", bad_videos.UNREADABLE)
def test_unreadable_video_is_listed_and_stops_nothing(kind, tmp_path, recording):
    make, message = bad_videos.UNREADABLE[kind]
    bad, good = recording(make(tmp_path), 1), recording(bad_videos.good(tmp_path, count=2), 2)
    report = faces.prepare([bad, good])
    assert [r.status for r in report.rows] == ["failed", "ok"]
    assert [r.name for r in report.failures] == [bad.name]
    assert message in report.failures[0].error
    faces.load(good)
    with pytest.raises(FileNotFoundError):
        faces.load(bad)


def test_cut_in_the_middle_is_used_and_warned_about(tmp_path, recording):
    row = only(faces.prepare([recording(bad_videos.cut_in_the_middle(tmp_path))]))
    assert row.status == "ok"
    assert 2 <= row.frames < 16
    assert str(16 - row.frames) in row.warnings[0]


@pytest.mark.parametrize(
    ("make", "frames"),
    [
        (bad_videos.odd_sized, 8),
        (bad_videos.one_frame, 1),
        (bad_videos.variable_rate, 8),
        (bad_videos.rotated, 8),
        (bad_videos.grey, 8),
        (bad_videos.strange_name, 8),
    ],
)
def test_unusual_videos_give_all_crops(make, frames, tmp_path, recording):
    record = recording(make(tmp_path))
    row = only(faces.prepare([record]))
    assert (row.status, row.frames, row.without_face) == ("ok", frames, 0)
    assert faces.load(record).frames.shape == (frames, 224, 224, 3)


def test_variable_rate_times_reach_the_crops(tmp_path, recording):
    record = recording(bad_videos.variable_rate(tmp_path))
    faces.prepare([record])
    assert np.allclose(faces.load(record, [5, 7]).time, [1.0, 2.0], atol=1e-3)


def test_nobody_is_a_failure_that_is_remembered(tmp_path, recording):
    record = recording(bad_videos.nobody(tmp_path))
    row = only(faces.prepare([record]))
    assert row.status == "failed"
    assert "No face in any of 8 frames" in row.error
    assert "faces below 20 px (0.125 of the shorter side) are not looked for, see --min-face." in row.error
    assert (row.frames, row.without_face) == (8, 8)
    again = only(faces.prepare([record]))
    assert (again.status, again.origin) == ("failed", "cached")
    assert faces.load(record).frames.shape == (0, 224, 224, 3)


def test_face_in_40_percent_of_the_frames(tmp_path, recording):
    record = recording(bad_videos.mostly_away(tmp_path))
    row = only(faces.prepare([record]))
    assert (row.status, row.frames, row.without_face) == ("ok", 20, 12)
    assert faces.load(record).index.tolist() == [0, 1, 2, 3, 10, 11, 12, 13]
    (warning,) = row.warnings
    assert warning.startswith("a face in only 8 of 20 frames: faces below 20 px")
    assert only(faces.prepare([record])).warnings == row.warnings


def test_a_smaller_face_is_found_on_request(tmp_path, recording, cache):
    small = bad_videos.encode(tmp_path / "s.mp4", [bad_videos.with_heads([(300, 200)], 60, 480, 640)] * 4)
    record, settings = recording(small), faces.Settings(min_face=0.05)
    row = only(faces.prepare([record]))
    assert row.status == "failed"
    assert "faces below 60 px" in row.error
    assert only(faces.prepare([record], settings=settings)).without_face == 0
    assert len(digests(cache)) == 2


def test_a_resampled_video_has_crops_of_its_own(tmp_path, recording, cache):
    record, settings = recording(bad_videos.variable_rate(tmp_path)), faces.Settings(fps=10)
    assert "the frame rate varies" in only(faces.prepare([record])).warnings[0]
    row = only(faces.prepare([record], settings=settings))
    assert (row.frames, row.warnings) == (21, ())
    assert row.frame_rate == pytest.approx(10)
    assert np.allclose(faces.load(record, settings=settings).time, np.arange(21) / 10)
    assert len(digests(cache)) == 2


def test_crops_that_know_no_frame_rate_are_given_that_of_their_times(tmp_path, recording, monkeypatch):
    record = recording(bad_videos.good(tmp_path, count=4))
    write = CropWriter.finish

    def without(writer, facts, **arrays):
        del facts["quality"]["frame_rate"]
        write(writer, facts, **arrays)
        facts["quality"]["frame_rate"] = None

    monkeypatch.setattr(CropWriter, "finish", without)
    faces.prepare([record])
    assert only(faces.prepare([record])).frame_rate == pytest.approx(bad_videos.RATE)


def test_one_of_two_people_is_followed(tmp_path, recording):
    record = recording(bad_videos.two_people(tmp_path))
    row = only(faces.prepare([record]))
    assert (row.status, row.without_face, row.other_faces, row.jumps) == ("ok", 0, 1, 0)
    centres = faces.load(record).boxes[:, [0, 2]].mean(1)
    assert (centres < 120).all()


def test_moved_portrait(recording):
    record = recording(moved_portrait())
    row = only(faces.prepare([record]))
    assert row.frames == 120
    assert row.without_face <= 0.05 * 120
    crops = faces.load(record)
    jaw = crops.landmarks[:, :17]
    assert jaw.min() > 0
    assert jaw.max() < 223
    assert crops.points.std(axis=0).min() > 2  # pixels of the frame
    assert crops.landmarks.std(axis=0).max() < 2  # of the crop, in which the face stands still


def test_second_call_makes_nothing_and_reports_the_same(tmp_path, recording, cache):
    records = [recording(bad_videos.good(tmp_path, f"{k}.mp4", 4 + k), k) for k in (1, 2)]
    first, before = faces.prepare(records), digests(cache)
    second = faces.prepare(records)
    assert [r.origin for r in second.rows] == ["cached", "cached"]
    assert digests(cache) == before
    same = ["name", "status", "frames", "blur", "face_size_px"]
    assert first.table()[same].equals(second.table()[same])
    assert second.summary()["cached"] == 2


def test_a_changed_video_is_a_new_file(tmp_path, recording):
    video = bad_videos.good(tmp_path, count=3)
    record = recording(video)
    faces.prepare([record])
    bad_videos.good(tmp_path, count=5)
    with pytest.raises(FileNotFoundError):
        faces.load(record)
    assert only(faces.prepare([record])).frames == 5


def test_linked_videos_are_made_once(tmp_path, recording, cache):
    video = bad_videos.good(tmp_path, count=2)
    link = tmp_path / "link.mp4"
    link.symlink_to(video)
    report = faces.prepare([recording(video, 1), recording(link, 2)])
    assert [r.name for r in report.rows] == ["1_1", "2_1"]
    assert len(digests(cache)) == 1
    assert np.array_equal(faces.load(recording(link, 2)).frames, faces.load(recording(video, 1)).frames)


@pytest.mark.parametrize("damage", ["half", "garbage", "empty"])
def test_damaged_cache_file_is_counted_and_made_again(damage, tmp_path, recording, cache):
    record = recording(bad_videos.good(tmp_path, count=3))
    faces.prepare([record])
    before = digests(cache)
    (path,) = cache.rglob("*.crops")
    data = path.read_bytes()
    path.write_bytes({"half": data[: len(data) // 2], "garbage": b"\x5a" * len(data), "empty": b""}[damage])
    with pytest.raises(faces.DamagedCrops):
        faces.load(record)
    report = faces.prepare([record])
    assert report.summary()["remade"] == 1
    assert digests(cache) == before


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_storage_error_stops_and_keeps_what_is_done(code, tmp_path, recording, cache, monkeypatch):
    records = [recording(bad_videos.good(tmp_path, f"{k}.mp4", 2), k) for k in (1, 2, 3)]
    commit, calls = files._commit, []

    def commit_once(temporary, path):
        calls.append(path)
        if len(calls) > 1:
            raise OSError(code, os.strerror(code))
        commit(temporary, path)

    monkeypatch.setattr(files, "_commit", commit_once)
    with pytest.raises(StorageError, match="DEPNB_CACHE") as caught:
        faces.prepare(records, workers=1)
    assert caught.value.errno == code
    assert len(calls) == 2
    assert [p.name for p in cache.rglob("*") if p.is_file()] == list(digests(cache))
    assert len(digests(cache)) == 1
    monkeypatch.undo()
    os.environ["DEPNB_CACHE"] = str(cache)
    assert faces.prepare(records, workers=1).summary()["cached"] == 1


def test_storage_error_of_a_worker_reaches_the_caller(tmp_path, recording, monkeypatch):
    monkeypatch.setattr(MODULE, "_work", disk_is_full)
    with pytest.raises(StorageError, match="disk is full"):
        faces.prepare([recording(bad_videos.good(tmp_path, count=2))], workers=2)


def disk_is_full(settings, devices, video: Path, worker):
    raise StorageError(errno.ENOSPC, "the disk is full", str(video))


def test_leftovers_of_killed_processes_go_away(cache):
    folder = cache / "faces" / "v1"
    folder.mkdir(parents=True)
    for name, age in ((".old-abc.crops", 7200), (".fresh-abc.crops", 10), ("whole.crops", 7200)):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - age,) * 2)
    faces.prepare([])
    assert sorted(p.name for p in folder.iterdir()) == [".fresh-abc.crops", "whole.crops"]


def test_unexpected_error_is_listed_with_its_name(tmp_path, recording, monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError("odd input")

    monkeypatch.setattr(MODULE, "make_crops", broken)
    row = only(faces.prepare([recording(bad_videos.good(tmp_path, count=2))]))
    assert row.status == "failed"
    assert "ZeroDivisionError: odd input" in row.error


PREPARE = """
import sys
from pathlib import Path
from depnb import faces
from depnb.corpus.records import Recording
if __name__ == "__main__":
    videos = sorted(Path(sys.argv[1]).glob("*.mp4"))
    records = [Recording(f"{k}_1", None, "train", v, 1.0) for k, v in enumerate(videos)]
    report = faces.prepare(records, workers=int(sys.argv[2]))
    print(len(report.failures), "failed", report.summary()["made"], "made")
"""


def start(folder: Path, script: Path, workers: int, cache: Path) -> subprocess.Popen:
    script.write_text(PREPARE)
    root = Path(faces.__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), str(workers)],
        env={**os.environ, "DEPNB_CACHE": str(cache), "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A job in the background has inherited that it ignores interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.fixture
def six(tmp_path):
    folder = tmp_path / "six"
    folder.mkdir()
    for k in range(6):
        bad_videos.encode(folder / f"{k}.mp4", bad_videos.moving(24)[k:])
    return folder


def test_killed_then_resumed_and_two_at_once_equal_an_undisturbed_run(tmp_path, six, recording, cache):
    records = [recording(v, k) for k, v in enumerate(sorted(six.glob("*.mp4")))]
    assert not faces.prepare(records, workers=1).failures
    undisturbed = digests(cache)
    assert len(undisturbed) == 6

    killed = tmp_path / "killed"
    process = start(six, tmp_path / "run.py", 2, killed)
    deadline = time.monotonic() + 120
    while not digests(killed) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    left = digests(killed)
    assert len(left) > 0
    assert left.items() <= undisturbed.items()

    both = [start(six, tmp_path / "run.py", 1, killed) for _ in range(2)]
    said = [p.communicate(timeout=200)[0].split() for p in both]
    assert [line[:2] for line in said] == [["0", "failed"]] * 2
    assert sum(int(line[2]) for line in said) == 6 - len(left)
    assert digests(killed) == undisturbed


def test_two_processes_share_the_videos_of_a_corpus(tmp_path, cache):
    folder = tmp_path / "videos"
    folder.mkdir()
    for k in range(24):
        bad_videos.encode(folder / f"{k}.mp4", bad_videos.moving(9)[k % 3 :])
    both = [start(folder, tmp_path / f"{k}.py", 1, cache) for k in range(2)]
    said = [p.communicate(timeout=120)[0].split() for p in both]
    assert sum(int(line[2]) for line in said) == 24
    assert len(digests(cache)) == 24


def test_interrupt_leaves_whole_files_only(tmp_path, six, cache):
    process = start(six, tmp_path / "run.py", 2, cache)
    deadline = time.monotonic() + 120
    while not digests(cache) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) != 0
    assert [p.name for p in sorted(cache.rglob("*")) if p.is_file()] == list(digests(cache))
    for path in cache.rglob("*.crops"):
        faces.crops.check(path)


def test_a_dying_worker_costs_its_video_only(tmp_path, recording, monkeypatch):
    records = [recording(bad_videos.good(tmp_path, f"{k}.mp4", 2), k) for k in range(3)]
    monkeypatch.setattr(MODULE, "_work", die_on_the_second)
    report = faces.prepare(records, workers=2)
    assert [r.status for r in report.rows] == ["ok", "failed", "ok"]
    assert "1.mp4: the process that worked on it died (signal 9)" in report.rows[1].error


def die_on_the_second(settings, devices, video: Path, worker):
    if video.name == "1.mp4":
        os.kill(os.getpid(), signal.SIGKILL)
    return MODULE._work(settings, devices, video, worker)


@pytest.mark.parametrize("every", [3, 8, 100])
@pytest.mark.parametrize("make", [bad_videos.mostly_away, bad_videos.two_people, bad_videos.variable_rate])
def test_crops_of_some_frames_are_those_of_all(every, make, tmp_path, recording, cache):
    record, settings = recording(make(tmp_path)), faces.Settings(frame_stride=every)
    few = only(faces.prepare([record], settings=settings))
    some = faces.load(record, settings=settings)
    with pytest.raises(FileNotFoundError):
        faces.load(record)
    whole = only(faces.prepare([record]))
    all_frames = faces.load(record)
    assert few.frames == -(-whole.frames // every)
    assert some.index.tolist() == [index for index in all_frames.index.tolist() if index % every == 0]
    chosen = faces.load(record, some.index)
    assert np.allclose(some.points, chosen.points, atol=1e-3)  # px; other frames beside them change the rounding
    assert np.abs(some.frames.astype(int) - chosen.frames).mean() < 0.05
    assert np.array_equal(some.time, chosen.time)
    assert len(some.found) == len(all_frames.found)
    assert np.isfinite(some.times).sum() == few.frames
    assert few.bytes < whole.bytes


def test_crops_of_all_frames_serve_those_who_need_some(tmp_path, recording, cache):
    record, settings = recording(bad_videos.good(tmp_path, count=9)), faces.Settings(frame_stride=4)
    faces.prepare([record])
    assert only(faces.prepare([record], settings=settings)).origin == "cached"
    assert len(digests(cache)) == 1
    assert faces.load(record, [3], settings).index.tolist() == [3]


def test_workers_share_out_the_devices(six, recording, monkeypatch):
    monkeypatch.setattr(MODULE, "_work", device_as_error)
    records = [recording(v, k) for k, v in enumerate(sorted(six.glob("*.mp4")))]
    report = faces.prepare(records, workers=2, device=("cuda:0", "cuda:1"))
    assert {row.error for row in report.rows} == {"cuda:0", "cuda:1"}


def device_as_error(settings, devices, video: Path, worker):
    """Each worker waits for the other, so that none has done all before the other has started."""
    device = devices[worker.number]
    (video.parent / device).touch()
    deadline = time.monotonic() + 60
    while len(list(video.parent.glob("cuda:*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return faces.VideoReport("", "failed", device)


@pytest.mark.parametrize(
    ("name", "gpus", "expected"),
    [
        ("cpu", 2, ("cpu",)),
        ("auto", 0, ("cpu",)),
        ("auto", 2, ("cuda:0", "cuda:1")),
        ("cuda", 3, ("cuda:0", "cuda:1", "cuda:2")),
        ("cuda:1", 3, ("cuda:1",)),
    ],
)
def test_devices_by_name(name, gpus, expected, monkeypatch):
    monkeypatch.setattr(MODULE.torch.cuda, "device_count", lambda: gpus)
    assert faces.devices(name) == expected


@pytest.mark.parametrize("workers", [1, 2])
def test_the_bar_counts_every_frame(workers, tmp_path, recording, monkeypatch):
    shown = []
    monkeypatch.setattr(Progress, "advance", lambda bar, steps=1, note="": shown.append(steps))
    faces.prepare([recording(bad_videos.good(tmp_path, count=20))], workers=workers)
    assert sum(shown) == 20


@pytest.mark.parametrize("promised", [0, 5, 20, 1000])
def test_the_bar_ends_where_it_should_whatever_the_file_promises(promised, tmp_path, recording, monkeypatch):
    shown = []
    monkeypatch.setattr(Progress, "advance", lambda bar, steps=1, note="": shown.append(steps))
    monkeypatch.setattr(MODULE, "_promised_frames", lambda video, settings: promised)
    bad = bad_videos.cut_in_the_middle(tmp_path), bad_videos.zero_bytes(tmp_path)
    faces.prepare([recording(bad_videos.good(tmp_path), 1), *(recording(video, 2 + k) for k, video in enumerate(bad))])
    assert sum(shown) == 3 * promised
    assert min(shown) >= 0


def test_damaged_crops_of_all_frames_do_not_stand_before_new_ones_of_some(tmp_path, recording):
    one, some = recording(bad_videos.good(tmp_path, count=9)), faces.Settings(frame_stride=4)
    faces.prepare([one])
    whole = crop_path(one.video)
    whole.write_bytes(whole.read_bytes()[:-100])
    assert faces.prepare([one], settings=some).summary()["remade"] == 1
    assert faces.load(one, settings=some).index.tolist() == [0, 4, 8]
    assert faces.prepare([one], settings=some).summary()["cached"] == 1
