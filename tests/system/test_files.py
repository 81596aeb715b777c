"""Files appear whole or not at all, whatever goes wrong."""

import errno
import fcntl
import json
import os
import random
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from depnb.system import files
from depnb.system.files import (
    DamagedFile,
    StorageError,
    atomic_path,
    locked,
    make_folder,
    read_sealed,
    remove_leftovers,
    sealed,
    write_json,
    write_text,
)


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


def seal(path, content: bytes):
    with sealed(path) as handle:
        handle.write(content)
    return path


def test_what_is_sealed_is_read_and_its_last_32_bytes_are_its_sum(tmp_path):
    path = seal(tmp_path / "a.bin", b"abc")
    assert read_sealed(path) == b"abc"
    assert path.read_bytes().hex() == b"abc".hex() + "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(FileNotFoundError):
        read_sealed(tmp_path / "b.bin")


def test_no_damage_passes(tmp_path):
    """Every byte changed, every length, and more behind it."""
    path = seal(tmp_path / "a.bin", b"some bytes")
    content = path.read_bytes()
    damaged = [content[:k] for k in range(len(content))] + [content + b"x"]
    damaged += [content[:k] + bytes([content[k] ^ 1]) + content[k + 1 :] for k in range(len(content))]
    for one in damaged:
        path.write_bytes(one)
        with pytest.raises(DamagedFile, match=r"a\.bin"):
            read_sealed(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(DamagedFile, match="cannot be read"):
        read_sealed(path)


def test_numpy_and_torch_write_to_it(tmp_path):
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with sealed(tmp_path / "a.npy") as handle:
        np.save(handle, array)
    assert np.array_equal(np.load(tmp_path / "a.npy"), array)
    assert np.array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), array)
    with sealed(tmp_path / "a.pt") as handle:
        torch.save({"a": torch.from_numpy(array)}, handle)
    assert read_sealed(tmp_path / "a.npy")[-12:] == array.tobytes()
    assert len(read_sealed(tmp_path / "a.pt")) == (tmp_path / "a.pt").stat().st_size - 32


@pytest.mark.slow
def test_a_disk_that_is_full_halfway_is_a_storage_error(tmp_path):
    """The limit on the size of files stands for the disk; both writers would tell of it as something else."""
    code = f"""
import resource, signal, sys
import numpy as np, torch
from depnb.system.files import StorageError, sealed
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
array = np.zeros(1_000_000, np.uint8)
for save in (np.save, lambda handle, array: torch.save(torch.from_numpy(array), handle)):
    try:
        with sealed({str(tmp_path / "a.bin")!r}) as handle:
            save(handle, array)
    except StorageError as error:
        print("said:", error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()
    assert len(said) == 2
    for line in said:
        assert line.startswith("said: ")
        assert "a.bin" in line
        assert "DEPNB_CACHE" in line
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_or_locked_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="below"):
        make_folder(tmp_path / "file" / "below")
    with pytest.raises(StorageError, match="file"), locked(tmp_path / "file" / "a.lock"):
        pass
    (tmp_path / "a.lock").mkdir()
    with pytest.raises(StorageError, match=r"a\.lock"), locked(tmp_path / "a.lock"):
        pass


def test_only_old_half_files_are_removed(tmp_path):
    old, new, other = tmp_path / ".a-12345678.json", tmp_path / ".b-12345678.json", tmp_path / "a.json"
    for path in (old, new, other):
        path.write_text("")
        os.utime(path, (time.time() - (0 if path == new else 4000),) * 2)
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other]
    remove_leftovers(tmp_path / "nowhere")


@pytest.fixture(params=[None, errno.ENOSYS, errno.ENOLCK], ids=["locks", "no flock", "no lock daemon"])
def file_system(request, monkeypatch):
    """One with locks, and such as have none."""

    def refuse(*rest):
        raise OSError(request.param, "not here")

    if request.param:
        monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(files, "LEASE", 0.3)


def test_a_lock_is_one_processs(tmp_path, file_system):
    path = tmp_path / "folder" / "a.lock"
    with locked(path) as mine, locked(path, wait=False) as other:
        assert mine
        assert not other
        time.sleep(1.0)  # it is not lost by waiting
        with locked(path, wait=False) as later:
            assert not later
    with locked(path, wait=False) as mine:
        assert mine
    with pytest.raises(KeyError), locked(path):
        raise KeyError("in the block")
    with locked(path, wait=False) as mine:
        assert mine


@pytest.mark.parametrize("left", ["another machine's", "half", "empty"])
def test_where_there_are_no_locks_a_claim_of_a_dead_process_ends(tmp_path, monkeypatch, left):
    def refuse(*rest):
        raise OSError(errno.ENOSYS, "not here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(files, "LEASE", 0.3)
    path, lease = tmp_path / "a.lock", tmp_path / "a.lease"
    with locked(path):
        content = lease.read_bytes()
    assert socket.gethostname().encode() in content
    there = content.replace(socket.gethostname().encode(), b"another")
    lease.write_bytes({"another machine's": there, "half": content[:20], "empty": b""}[left])
    os.utime(lease, (time.time() - 10,) * 2)
    begun = time.monotonic()
    with locked(path) as mine:
        assert mine
    assert time.monotonic() - begun < 10


def test_as_many_files_may_be_open_as_the_system_allows():
    code = """
import resource
from depnb.system.files import OPEN_FILES, allow_open_files
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
for limits in ((64, hard), (64, 100)):
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    allow_open_files()
    print(resource.getrlimit(resource.RLIMIT_NOFILE) == (min(limits[1], OPEN_FILES), limits[1]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\nTrue\n"


def test_a_random_file_is_never_taken_for_a_sealed_one(tmp_path):
    draw = random.Random(3)
    for size in (0, 1, 31, 32, 33, 1000):
        (tmp_path / "a").write_bytes(draw.randbytes(size))
        with pytest.raises(DamagedFile):
            read_sealed(tmp_path / "a")


def test_a_folder_appears_with_all_its_files_or_not_at_all(tmp_path):
    def pictures(last):
        yield "a.bmp", b"a"
        yield "b.bmp", last()

    files.write_folder(tmp_path / "deep" / "whole", pictures(lambda: b"b"))
    assert {path.name: path.read_bytes() for path in (tmp_path / "deep" / "whole").iterdir()} == {
        "a.bmp": b"a",
        "b.bmp": b"b",
    }
    assert (tmp_path / "deep" / "whole").stat().st_mode & 0o777 == 0o777 & ~files.UMASK
    with pytest.raises(ZeroDivisionError):
        files.write_folder(tmp_path / "deep" / "half", pictures(lambda: 1 / 0))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["whole"]


def test_a_folder_does_not_replace_one_that_holds_something(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine").touch()
    with pytest.raises(files.StorageError, match="there"):
        files.write_folder(tmp_path / "there", [("a.bmp", b"a")])
    assert [path.name for path in tmp_path.rglob("*")] == ["there", "mine"]
