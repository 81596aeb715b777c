"""What circulates as weights is read as data: no code, no object, no more memory than a few times the file."""

import collections
import io
import pickle
import resource
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from depnb.nets.weights import pickles

REFUSALS = (pickles.ForbiddenError, pickles.DamagedError, pickles.OtherContentError)
ARRAYS = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "c": np.arange(4, dtype=">f4"),
    "d": np.zeros((0, 3), np.float16),
    "e": np.array(1.5),
}


def read(folder: Path, content: bytes, suffix: str = ".pkl") -> dict[str, np.ndarray]:
    path = folder / f"weights{suffix}"
    path.write_bytes(content)
    return {".pkl": pickles.read_pickle, ".pth": pickles.read_torch}[suffix](path)


def saved(content, legacy: bool = False) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


@pytest.mark.parametrize("protocol", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [dict, collections.OrderedDict])
def test_arrays_come_back_as_they_were(tmp_path, protocol, kind):
    found = read(tmp_path, pickle.dumps(kind(ARRAYS), protocol=protocol))
    assert list(found) == list(ARRAYS)
    for name, value in ARRAYS.items():
        assert found[name].shape == value.shape
        assert np.array_equal(found[name], value)
        assert found[name].dtype == value.dtype.newbyteorder("=")


@pytest.mark.parametrize("legacy", [False, True])
def test_tensors_come_back_as_they_were(tmp_path, legacy):
    whole = torch.arange(24.0).reshape(2, 3, 4)
    state = collections.OrderedDict(
        a=whole, b=whole[:, 1:, ::2], c=whole.transpose(0, 2), d=torch.nn.Parameter(torch.ones(2)), e=torch.tensor(3),
        f=torch.zeros(2, dtype=torch.float16),
    )  # fmt: skip
    found = read(tmp_path, saved(state, legacy), ".pth")
    assert found.keys() == state.keys()
    for name, value in state.items():
        assert np.array_equal(found[name], value.detach().numpy())


def huge_memo() -> bytes:
    """A place in the memo that lies behind billions of others."""
    return b"\x80\x02Nr" + struct.pack("<I", 0xFFFFFFF0) + b"."


def huge_bytes() -> bytes:
    return b"\x80\x04\x8e" + struct.pack("<Q", 20 << 30) + b"abc"


def array(shape: bytes, type_: bytes, data: bytes) -> bytes:
    return (
        b"\x80\x02}X\x01\0\0\0acnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85U\x01btR(K\x01"
        + shape + b"cnumpy\ndtype\n(U" + bytes([len(type_)]) + type_ + b"K\0K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ"
        b"\xff\xff\xff\xffK\0tb\x89U" + bytes([len(data)]) + data + b"tbs."
    )  # fmt: skip


def laughing_keys() -> bytes:
    """A key that takes ages to be hashed, and would take ages to be printed."""
    return b"\x80\x02}" + b")" + b"".join(b"q%ch%c\x86" % (k, k) for k in range(1, 100)) + b"K\x01s."


def laughing_type() -> bytes:
    nested = b")" + b"".join(b"q%ch%c\x86" % (k, k) for k in range(1, 100))
    return b"\x80\x02cnumpy\ndtype\n" + nested + b"\x85R."


def copied_lists() -> bytes:
    many = b"]q\x01(" + b"K\x01K\x02\x86" * 30_000 + b"e"
    return b"\x80\x02" + many + b"ccollections\nOrderedDict\nh\x01\x85R" * 1000 + b"."


HOSTILE = {
    "an object array over bytes": b"\x80\x02cnumpy\nndarray\n(K\x01\x85U\x02O8U\x08AAAAAAAAtR.",
    "a huge array": b"\x80\x02cnumpy\nndarray\n(J\xff\xff\xff\x7f\x85tR.",
    "objects": array(b"K\x01\x85", b"O8", b"A" * 8),
    "a large shape": array(b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", b"f4", b"A" * 8),
    "a huge shape": array(b"\x8a\x09" + b"\x11" * 8 + b"\0\x85", b"f8", b"A" * 8),
    "a negative shape": array(b"J\xff\xff\xff\xff\x85", b"f4", b"A" * 4),
    "text": array(b"K\x01\x85", b"U9", b"A" * 36),
    "a huge memo": huge_memo(),
    "huge bytes": huge_bytes(),
    "a bytearray": b"\x80\x05cbuiltins\nbytearray\n\x8a\x05\0\0\0\0\x05\x85R.",
    "an endless key": laughing_keys(),
    "an endless type": laughing_type(),
    "a changed class": b"\x80\x02ccollections\nOrderedDict\n}X\x01\0\0\0aK\x01sb.",
    "an instance": b"(ios\nsystem\n.",
    "an extension": b"\x80\x02\x82\x01.",
    "a persistent name": b"\x80\x02K\x01Q.",
    "nothing on the stack": b"\x80\x02R.",
    "lists that are copied": copied_lists(),
    "too many steps": b"\x80\x02" + b"N" * 300_000 + b".",
    "nested without end": b"\x80\x02" + b"(" * 1000 + b"t" * 1000 + b".",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("suffix", [".pkl", ".pth"])
def test_hostile_pickles_are_refused(tmp_path, name, suffix):
    with pytest.raises(REFUSALS):
        read(tmp_path, HOSTILE[name], suffix)


def test_they_are_refused_with_little_memory(tmp_path):
    """All of them in a process that may take 1 GB more than it begins with, and in a few seconds."""
    paths = []
    for number, content in enumerate(HOSTILE.values()):
        paths.append(tmp_path / f"{number}.pkl")
        paths[-1].write_bytes(content)
    small = tmp_path / "legacy.pth"
    small.write_bytes(claimed_storage())
    code = (
        "import sys; from pathlib import Path; from depnb.nets.weights import pickles\n"
        "refused = 0\n"
        "for path in map(Path, sys.argv[1:]):\n"
        "    for read in (pickles.read_pickle, pickles.read_torch):\n"
        "        try: read(path)\n"
        "        except ValueError: refused += 1\n"
        "print(refused)\n"
    )
    command = [sys.executable, "-c", code, *map(str, [*paths, small])]
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))  # noqa: E731
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=limit)
    assert done.stdout.strip() == str(2 * (len(paths) + 1)), done.stderr


def claimed_storage() -> bytes:
    """A torch file of a few hundred bytes that says it has 20 GB of numbers."""
    content = saved({"a": torch.zeros(4)}, legacy=True)
    claim = b"\x8a\x05" + (5 << 30).to_bytes(5, "little")
    assert content.count(b"K\x04N") == 1
    return content.replace(b"K\x04N", claim + b"N")


def test_numbers_that_a_torch_file_does_not_hold_are_not_made(tmp_path):
    with pytest.raises(REFUSALS):
        read(tmp_path, claimed_storage(), ".pth")
    with pytest.raises(pickles.DamagedError, match="more numbers than"):
        read(tmp_path, saved({"a": torch.zeros(1).expand(100_000)}), ".pth")
    with pytest.raises(pickles.DamagedError, match="more numbers than"):
        read(tmp_path, shared_bytes())


def shared_bytes() -> bytes:
    """Many arrays over the same bytes, each of which would be a copy."""
    data = b"B" + struct.pack("<I", 80_000) + bytes(80_000) + b"q\x01"
    type_ = b"cnumpy\ndtype\nU\x02f8\x85Rq\x02"
    one = b"U\x01%ccnumpy.core.multiarray\n_reconstruct\n)R(K\x01J\x10\x27\0\0\x85h\x02\x89h\x01tbs"
    return b"\x80\x03" + data + type_ + b"}" + b"".join(one % k for k in range(97, 107)) + b"."


def test_a_packed_archive_is_refused(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(1 << 20))
    with pytest.raises(pickles.ForbiddenError, match="packed"):
        read(tmp_path, content.getvalue(), ".pth")


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(pickles, "LARGEST_FILE", 100)
    with pytest.raises(pickles.OtherContentError, match="MB"):
        read(tmp_path, bytes(101))


GOOD = {
    ".pkl": [pickle.dumps(ARRAYS, protocol=protocol) for protocol in (2, 4)],
    ".pth": [saved({"a": torch.arange(6.0)}, legacy) for legacy in (False, True)],
}


@settings(max_examples=150, deadline=2000)
@given(data=st.data())
def test_damaged_files_give_arrays_or_a_refusal(tmp_path_factory, data):
    suffix = data.draw(st.sampled_from(sorted(GOOD)))
    content = bytearray(data.draw(st.sampled_from(GOOD[suffix])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        change = data.draw(st.sampled_from(["byte", "cut", "twice", "gone"]))
        if change == "byte":
            content[place] = data.draw(st.integers(0, 255))
        elif change == "cut":
            del content[max(place, 1) :]
        elif change == "twice":
            content[place:place] = content[place : place + 40]
        else:
            del content[place : place + 5]
        content = content or bytearray(b".")
    try:
        found = read(tmp_path_factory.mktemp("fuzz"), bytes(content), suffix)
    except REFUSALS:
        return
    assert sum(value.nbytes for value in found.values()) <= len(content)
    assert all(value.dtype.kind in "fi" for value in found.values())
