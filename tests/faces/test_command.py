"""What `depnb faces` prints of a manifest's videos."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from depnb.cli.app import app
from tests import bad_videos

pytestmark = pytest.mark.slow


@pytest.fixture
def manifest(tmp_path):
    videos = [bad_videos.good(tmp_path), bad_videos.two_people(tmp_path), bad_videos.mostly_away(tmp_path)]
    videos.append(bad_videos.encode(tmp_path / "fast.mp4", bad_videos.moving(), rate=20))
    partitions = ("train", "train", "train", "test")
    lines = [f"{video.name},p{k},12,{partitions[k]}" for k, video in enumerate(videos)]
    path = tmp_path / "manifest.csv"
    path.write_text("\n".join(["video,subject,score,partition", *lines]) + "\n")
    return path


def test_other_people_rare_faces_and_rates_are_told(manifest, tmp_path):
    table = tmp_path / "faces.csv"
    shown = CliRunner().invoke(app, ["faces", str(manifest), "--workers", "1", "--csv", str(table)])
    assert shown.exit_code == 0, shown.output
    told = " ".join(shown.output.split())
    assert "2 of 4 videos: one face in every frame" in told
    assert "two.mp4" in told
    assert "away.mp4: a face in only 8 of 20 frames" in told
    assert "frame rates differ" in told
    assert "20 (fast.mp4)" in told
    assert "train 8, test 20" in told
    rates = pd.read_csv(table).set_index("name").frame_rate
    assert rates.round(3).to_dict() == {"good.mp4": 8, "two.mp4": 8, "away.mp4": 8, "fast.mp4": 20}


def test_with_one_rate_there_is_nothing_to_say_of_it(manifest):
    shown = CliRunner().invoke(app, ["faces", str(manifest), "--workers", "1", "--fps", "8"])
    assert shown.exit_code == 0, shown.output
    assert "frame rates differ" not in shown.output


@pytest.mark.parametrize("options", [["--min-face", "0"], ["--min-face", "2"], ["--fps", "0"], ["--fps", "1000"]])
def test_impossible_settings_are_refused(options, manifest):
    assert CliRunner().invoke(app, ["faces", str(manifest), *options]).exit_code == 2


def test_the_environment_says_the_same_as_the_options(manifest, monkeypatch, cache):
    from depnb.faces import Settings

    monkeypatch.setenv("DEPNB_FPS", "4")
    monkeypatch.setenv("DEPNB_MIN_FACE", "0.25")
    assert Settings() == Settings(min_face=0.25, fps=4.0)
    CliRunner().invoke(app, ["faces", str(manifest), "--workers", "1"])
    made = set(cache.rglob("*.crops"))
    monkeypatch.delenv("DEPNB_FPS")
    monkeypatch.delenv("DEPNB_MIN_FACE")
    CliRunner().invoke(app, ["faces", str(manifest), "--workers", "1", "--fps", "4", "--min-face", "0.25"])
    assert set(cache.rglob("*.crops")) == made


def test_a_setting_of_the_environment_that_is_no_number_is_named(monkeypatch):
    from depnb.faces import Settings

    monkeypatch.setenv("DEPNB_FPS", "fast")
    with pytest.raises(ValueError, match="DEPNB_FPS=fast"):
        Settings()
