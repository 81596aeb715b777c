"""What is opened as a video, which stream is it, and how many frames it is said to have."""

import os
from pathlib import Path

import av
import numpy as np
import pytest

from depnb.faces import Video, VideoError
from depnb.faces.containers import FORMATS, MOST_PIXELS
from depnb.faces.video import in_order, resampled
from tests import bad_videos

HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>"
)
PLAYLISTS = {
    "hls": HLS,
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "dash": DASH,
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 26\n",
    "url": "[InternetShortcut]\nURL={target}\n",
}


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp4", "list.ts", "list"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_no_playlist_is_opened_whatever_it_is_called(kind, name, tmp_path):
    (tmp_path / "outside").mkdir()
    secret = bad_videos.good(tmp_path / "outside", "secret.ts", 2)
    for k, target in enumerate((secret.as_uri(), "outside/secret.ts", secret)):
        path = tmp_path / f"{k}{name}"
        path.write_text(PLAYLISTS[kind].format(target=target))
        with pytest.raises(VideoError, match="Not a video"):
            list(Video(path).frames())


@pytest.mark.parametrize("name", ["concat:a.mp4|b.mp4", "http:x.mp4", "data:x.mp4", "f%03d.mp4", "pipe:0.mp4", "-.mp4"])
def test_a_name_that_looks_like_a_protocol_is_a_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.rename(bad_videos.good(tmp_path, count=2), name)
    assert len(list(Video(name).frames())) == 2
    with pytest.raises(VideoError, match="No such video"):
        Video(f"no{name}")


def test_containers_that_name_other_files_are_not_among_the_known():
    assert not {"hls", "dash", "concat", "imf", "rtsp", "sdp", "image2", "lavfi", "webm_dash_manifest"} & set(
        FORMATS.split(",")
    )
    known = {part for name in av.formats_available for part in name.split(",")}
    assert set(FORMATS.split(",")) <= known


CONTAINERS = {"mkv": "libx264", "avi": "mpeg4", "ts": "libx264", "webm": "libvpx", "asf": "msmpeg4", "flv": "flv1"}
CONTAINERS |= {
    "mov": "libx264",
    "ogv": "libtheora",
    "m4v": "libx264",
    "3gp": "h263",
    "nut": "ffv1",
}
OTHER_SIZES = {"h263": (144, 176)}


@pytest.mark.parametrize("suffix", [s for s, codec in CONTAINERS.items() if codec in av.codecs_available])
def test_the_usual_containers_are_read_and_counted(suffix, tmp_path):
    codec = CONTAINERS[suffix]
    options = {"codec": codec, "rate": 25, "options": {"crf": "10", "b": "2M"}}
    video = Video(bad_videos.encode(tmp_path / f"v.{suffix}", bad_videos.moving(24), **options))
    assert abs(video.declared_frames - 24) <= 1
    assert len(list(video.frames())) >= 23
    assert video.warnings == []


def test_a_stream_without_duration_is_counted(tmp_path):
    path = tmp_path / "live.webm"
    with open(path, "wb") as handle:  # cannot seek back to write the duration, like a browser's recorder
        bad_videos.encode(Path(handle.name + ".mkv"), bad_videos.moving(12), container_options={"live": "1"})
    path.write_bytes(Path(f"{path}.mkv").read_bytes())
    with av.open(str(path)) as container:
        assert not container.duration
    assert Video(path).declared_frames == 12


def test_the_large_stream_is_taken_and_the_other_named(tmp_path):
    thumbnails = [np.full((48, 64, 3), 100, np.uint8)] * 2
    video = Video(bad_videos.two_streams(tmp_path / "t.mp4", thumbnails, bad_videos.moving()))
    assert {frame.rgb.shape for frame in video.frames()} == {(144, 176, 3)}
    assert video.warnings == ["stream 1 is used, not the video streams 0 (64×48)"]


def test_slides_are_not_taken_though_they_are_larger(tmp_path):
    slide = [np.full((480, 640, 3), 100, np.uint8)]
    video = Video(bad_videos.two_streams(tmp_path / "s.mp4", slide, bad_videos.moving()))
    assert next(video.frames()).rgb.shape == (144, 176, 3)


def test_what_an_edit_list_hides_is_not_missing(tmp_path):
    video = Video(bad_videos.edit_list(tmp_path))
    frames = list(video.frames())
    assert video.declared_frames == len(frames) == 12
    assert video.warnings == []
    assert np.abs(frames[0].rgb.astype(int) - bad_videos.moving()[4]).mean() < 6


@pytest.mark.parametrize("count", [1, 270000])
def test_a_wrong_count_in_the_header_is_no_damage(count, tmp_path):
    path = bad_videos.encode(tmp_path / "h.avi", bad_videos.moving(), codec="mpeg4")
    data = bytearray(path.read_bytes())
    for name, offset in ((b"avih", 24), (b"strh", 40)):
        place = data.index(name) + offset
        data[place : place + 4] = count.to_bytes(4, "little")
    path.write_bytes(data)
    video = Video(path)
    assert video.declared_frames == len(list(video.frames())) == 16
    assert video.warnings == []


class Picture:
    """A decoded picture with nothing but its time."""

    def __init__(self, time):
        self.time = time


def test_times_that_belong_to_neighbours_are_sorted():
    pictures = [Picture(k / 24) for k in (3, 4, 6, 5, 7, 9, 8, 10)]
    timed = list(in_order(pictures, 24))
    assert [picture for _, picture in timed] == pictures
    assert np.allclose([time for time, _ in timed], np.arange(8) / 24)


@pytest.mark.parametrize("times", [[None] * 9, [0.0] * 9, [5, 4, 3, 2, 1, 0], [1.0, 1e6, 2.0, 3.0, -1e6, 4, 5, 6]])
def test_times_rise_whatever_the_stamps(times):
    timed = [time for time, _ in in_order([Picture(time) for time in times], 8)]
    assert len(timed) == len(times)
    assert timed[0] == 0
    assert (np.diff(timed) > 0).all()
    if times[0] is None:
        assert np.allclose(timed, np.arange(9) / 8)


def test_resampling_takes_the_nearest_frame():
    taken = list(resampled([(0.0, "a"), (0.1, "b"), (0.5, "c")], 10))
    assert [name for _, name in taken] == ["a", "b", "b", "c", "c", "c"]
    assert np.allclose([time for time, _ in taken], np.arange(6) / 10)
    assert [name for _, name in resampled([(k / 20, k) for k in range(8)], 10)] == [0, 2, 4, 6]


def test_resampling_closes_long_gaps():
    assert len(list(resampled([(0.0, 0), (0.1, 1), (1e7, 2), (1e7 + 0.1, 3)], 10))) == 4


def test_a_video_of_variable_rate_is_resampled(tmp_path):
    video = Video(bad_videos.variable_rate(tmp_path), fps=10)
    frames = list(video.frames())
    assert video.frame_rate == 10
    assert [frame.index for frame in frames] == list(range(21))
    assert np.allclose([frame.time for frame in frames], np.arange(21) / 10)
    every = list(Video(video.path).frames())
    assert np.array_equal(frames[3].rgb, every[3].rgb)  # 0.3 s
    assert np.array_equal(frames[20].rgb, every[7].rgb)  # 2 s


def test_frames_larger_than_8k_are_refused(tmp_path, monkeypatch):
    assert MOST_PIXELS >= 7680 * 4320
    monkeypatch.setattr("depnb.faces.containers.MOST_PIXELS", 100 * 100)
    with pytest.raises(VideoError, match="176×144 pixels|can be decoded"):
        list(Video(bad_videos.good(tmp_path, count=2)).frames())
