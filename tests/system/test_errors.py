"""Every error is one sentence: of depnb as it stands, of others with what helps or how to see more."""

import errno
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from depnb.corpus import open_corpus
from depnb.system import errors
from depnb.system.errors import run, sentence
from depnb.system.files import StorageError


@pytest.fixture(autouse=True)
def _not_debugged(monkeypatch):
    monkeypatch.delenv(errors.DEBUG, raising=False)


def told(action) -> str:
    """The sentence of the error that an action ends with."""
    try:
        action()
    except Exception as error:
        return sentence(error)
    return pytest.fail("no error")


def raises(error):
    raise error


def test_what_depnb_says_on_purpose_stands_as_it_is():
    said = told(lambda: open_corpus("no-such-corpus"))
    assert said.startswith("FileNotFoundError: No corpus 'no-such-corpus'")
    assert "DEPNB_DEBUG" not in said
    assert sentence(StorageError("full")) == "StorageError: full"


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EACCES, "The rights forbid it"),
        (errno.EROFS, "The rights forbid it"),
        (errno.EMFILE, "ulimit -n"),
        (errno.ENOMEM, "memory does not suffice"),
        (errno.ENOLCK, "no locks"),
        (errno.ENOSYS, "no locks"),
    ],
)
def test_what_the_system_refuses_comes_with_its_place_and_what_to_do(number, advice):
    said = told(lambda: raises(OSError(number, "refused", "/some/where")))
    assert "/some/where" in said
    assert advice in said


@pytest.mark.parametrize(
    "action",
    [
        lambda: np.zeros(2**50),
        lambda: torch.zeros(2**50),
        lambda: raises(MemoryError()),
        lambda: raises(ImportError("libtorch_cpu.so: failed to map segment from shared object")),
        lambda: raises(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")),
    ],
)
def test_too_little_memory_is_told_as_that(action):
    assert "memory does not suffice" in told(action)


@pytest.mark.parametrize("module", ["fcntl", "resource"])
def test_a_system_without_a_module_of_unix_is_sent_to_another(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    assert "WSL2" in told(lambda: __import__(module))


def test_a_missing_library_is_an_incomplete_installation():
    assert "install the requirements" in told(lambda: __import__("no_such_library"))


@pytest.mark.parametrize(
    "action",
    [
        lambda: int("x"),
        lambda: {}["finished"],
        lambda: np.zeros(3).reshape(2, 2),
        lambda: torch.zeros(2) + torch.zeros(3),
        lambda: None.missing,
        lambda: raises(RuntimeError("of\nmany\n\nlines")),
        lambda: (_ for _ in ()).throw(AssertionError),
    ],
)
def test_what_nobody_expected_is_one_line_with_the_way_to_see_more(action):
    said = told(action)
    assert "DEPNB_DEBUG=1" in said
    assert said.isprintable()


def test_a_dictionary_of_depnb_does_not_speak_on_purpose(monkeypatch):
    here = compile("def look():\n    return {}['finished']\n", "made", "exec")
    names: dict = {}
    exec(here, names)
    monkeypatch.setattr(errors, "PACKAGE", Path("."))
    assert "DEPNB_DEBUG=1" in told(names["look"])


def test_a_name_in_an_error_does_nothing_to_the_terminal():
    assert told(lambda: open_corpus("a\x1b]0;x\x07b\n[/red]")).isprintable()


def test_a_command_ends_with_one_line_and_status_one(capsys, monkeypatch):
    with pytest.raises(SystemExit) as left:
        run(lambda: raises(PermissionError(errno.EACCES, "Permission denied", "runs/x")))
    assert left.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("PermissionError: [Errno 13] Permission denied: 'runs/x'. The rights forbid it")
    assert len(printed.err.splitlines()) == 1
    monkeypatch.setenv(errors.DEBUG, "1")
    with pytest.raises(PermissionError):
        run(lambda: raises(PermissionError()))
