"""Files appear whole or not at all, whatever goes wrong."""

import errno
import json
import subprocess
import sys

import pytest

from depnb.system import files
from depnb.system.files import StorageError, atomic_path, write_json, write_text


def test_writes_and_replaces(tmp_path):
    write_json(tmp_path / "new folder" / "a.json", {"b": 1})
    assert json.loads((tmp_path / "new folder" / "a.json").read_text()) == {"b": 1}
    write_text(tmp_path / "new folder" / "a.json", "ü")
    assert (tmp_path / "new folder" / "a.json").read_text(encoding="utf-8") == "ü"
    assert [p.name for p in (tmp_path / "new folder").iterdir()] == ["a.json"]


def test_a_writer_that_stops_halfway_leaves_the_old_file(tmp_path):
    write_text(tmp_path / "a.txt", "old")

    def stop_halfway():
        with atomic_path(tmp_path / "a.txt") as temporary:
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_halfway()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_storage_errors_name_the_file_and_say_what_to_do(tmp_path, monkeypatch, code):
    def refuse(temporary, path):
        raise OSError(code, "refused")

    monkeypatch.setattr(files, "_commit", refuse)
    with pytest.raises(StorageError, match="DEPNB_CACHE") as caught:
        write_text(tmp_path / "a.txt", "x")
    assert caught.value.errno == code
    assert str(tmp_path / "a.txt") in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="a.txt"):
        write_text(tmp_path / "file" / "below" / "a.txt", "x")


def test_other_errors_pass_unchanged(tmp_path):
    def miss():
        with atomic_path(tmp_path / "a.txt"):
            raise FileNotFoundError("something else")

    with pytest.raises(FileNotFoundError, match="something else"):
        miss()


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})


@pytest.mark.parametrize(("umask", "rights"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640)])
def test_a_file_has_the_rights_that_its_user_gives_new_files(tmp_path, monkeypatch, umask, rights):
    monkeypatch.setattr(files, "UMASK", umask)
    write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == rights


def test_the_users_umask_is_read_and_left_as_it_is():
    code = "import os; os.umask(0o027); from depnb.system import files; print(files.UMASK == 0o027 == os.umask(0))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"
