"""What is about real people lies in no repository that would take it, and a commit is the repository's own."""

import os
import subprocess
from pathlib import Path

import pytest

from depnb.system import repository
from depnb.system.files import StorageError, cache_dir
from depnb.system.repository import commit, demand_checkout, demand_ignored, taken_by_git


@pytest.fixture
def other(tmp_path, monkeypatch) -> Path:
    """A repository that is not depnb's, with a commit and a file that says what is ignored."""
    root = tmp_path / "other"
    root.mkdir()
    monkeypatch.chdir(root)
    (root / ".gitignore").write_text("cache/\n*.csv\n!kept.csv\n")
    (root / "tracked.csv").write_text("name")
    _git(root, "init", "--quiet")
    _git(root, "add", "--force", ".")
    _git(root, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "first")
    return root


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("place", ["new", ".", "deep/er", "kept.csv", "tracked.csv", "faces.txt", "cache/../new"])
def test_another_repository_is_guarded_too(other, place):
    with pytest.raises(ValueError, match="its people are real, and git would take it into the repository"):
        demand_ignored(other / place, "mine")
    assert taken_by_git(Path(place))


@pytest.mark.parametrize(
    "place", ["cache", "cache/deep", "faces.csv", "deep/cache/x", "deep/faces.csv", "..", "../new"]
)
def test_what_git_ignores_or_what_is_outside_may_take_it(other, place):
    assert taken_by_git(other / place) is None
    assert taken_by_git(Path(place)) is None


def test_a_repository_in_an_ignored_folder_is_one_of_its_own(other):
    inner = other / "cache" / "inner"
    inner.mkdir(parents=True)
    _git(inner, "init", "--quiet")
    assert str(inner) in taken_by_git(inner / "new")


def test_a_linked_place_counts_where_it_leads(other, tmp_path):
    (tmp_path / "link").symlink_to(other)
    (other / "out").symlink_to(tmp_path)
    assert taken_by_git(tmp_path / "link" / "new")
    assert taken_by_git(other / "out" / "new") is None


def test_nothing_passes_without_having_looked(other, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "there is no git to say" in taken_by_git(other / "cache")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_owner_is_refused_with_the_words_of_git(other):
    for path in (other, other / ".git"):
        os.chown(path, 12345, 12345)
    assert "git cannot say whether it is ignored" in taken_by_git(other / "cache")
    assert "dubious ownership" in taken_by_git(other / "cache")


def test_a_hook_of_another_repository_answers_for_none(other, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(other.parent / "nowhere"))
    assert taken_by_git(other / "cache") is None


def test_the_commit_is_not_that_of_a_repository_around(other, monkeypatch):
    unpacked = other / "depnb-main"
    unpacked.mkdir()
    monkeypatch.setattr(repository, "ROOT", unpacked)
    assert commit() is None
    monkeypatch.setattr(repository, "ROOT", other)
    assert commit()


def test_an_installed_package_says_that_it_is_no_checkout(tmp_path, monkeypatch):
    demand_checkout()
    monkeypatch.setattr(repository, "NOTEBOOKS", tmp_path / "notebooks")
    with pytest.raises(FileNotFoundError, match="pip install -e"):
        demand_checkout()


@pytest.mark.parametrize(
    ("value", "place"), [("cache", "{here}/cache"), ("~/c", "{home}/c"), ("/a/b", "/a/b"), ("", "{home}/.cache/depnb")]
)
def test_the_cache_is_one_absolute_folder_for_all_processes(tmp_path, monkeypatch, value, place):
    home, here = tmp_path / "home", tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("DEPNB_CACHE", value)
    if not value and not Path(cache_dir()).is_relative_to(home / ".cache"):
        pytest.skip("the default of another system")
    expected = Path(place.format(here=here, home=home))
    assert cache_dir() == expected
    monkeypatch.chdir(tmp_path)
    assert cache_dir() == expected
    assert value == "" or os.environ["DEPNB_CACHE"] == str(expected)


def test_the_cache_lies_in_no_repository_that_would_take_it(other, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", "faces")
    with pytest.raises(StorageError, match="would take it into the repository .* set DEPNB_CACHE"):
        cache_dir()
    monkeypatch.setenv("DEPNB_CACHE", "cache")
    assert cache_dir() == other / "cache"
    monkeypatch.setenv("DEPNB_CACHE", str(repository.ROOT / "depnb" / "cache_of_mine"))
    with pytest.raises(StorageError, match="set DEPNB_CACHE"):
        cache_dir()


@pytest.mark.parametrize("value", ["", "~/c"])
def test_a_user_without_a_home_is_told_what_to_set(monkeypatch, value):
    pwd = pytest.importorskip("pwd")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("DEPNB_CACHE", value)

    def unknown(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(StorageError, match="set DEPNB_CACHE to an absolute path"):
        cache_dir()
