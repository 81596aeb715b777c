"""The list of planted faults fits the code, and the tool tells a noticed fault from one that is not."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _tool():
    spec = importlib.util.spec_from_file_location("plant", ROOT / "tools" / "plant.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["plant"] = module
    spec.loader.exec_module(module)
    return module


plant = _tool()
FAULTS = plant.load()


def test_there_are_at_least_eighty_faults():
    assert len(FAULTS) >= 80


@pytest.mark.parametrize("name", FAULTS)
def test_the_old_text_of_a_fault_occurs_once_and_its_tests_are_there(name):
    fault = FAULTS[name]
    assert (ROOT / fault.file).read_text(encoding="utf-8").count(fault.old) == 1
    assert fault.new != fault.old
    assert fault.noticed_by
    for test in fault.noticed_by:
        path, _, rest = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert not rest or f"def {rest.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8"), test


@pytest.fixture
def miniature(tmp_path):
    """A repository of one function with one test."""
    root = tmp_path / "repository"
    root.mkdir()
    (root / "sums.py").write_text("def double(x):\n    return 2 * x  # twice\n")
    (root / "test_sums.py").write_text("from sums import double\n\n\ndef test_it():\n    assert double(3) == 6\n")
    return root


@pytest.mark.slow
def test_a_fault_is_noticed_or_not_or_its_text_is_not_found(miniature, capsys):
    fault = plant.Fault("sums.py", "2 * x", "3 * x", ("test_sums.py",))
    faults = {
        "wrong": fault,
        "harmless": replace(fault, old="# twice", new="# double"),
        "gone": replace(fault, old="4 * x"),
        "ambiguous": replace(fault, old="x"),
        "no_test": replace(fault, noticed_by=("test_other.py",)),
    }
    before = (miniature / "sums.py").read_bytes()
    found = plant.plant_all(faults, miniature)
    assert found == {
        "wrong": "noticed",
        "harmless": "NOT NOTICED",
        "gone": "old text not found",
        "ambiguous": "old text found more than once",
        "no_test": "could not be tried",
    }
    assert "wrong: noticed" in capsys.readouterr().out
    assert (miniature / "sums.py").read_bytes() == before


def test_fewer_noticed_than_chosen_is_exit_status_1(monkeypatch, capsys):
    for answer, status in (("noticed", 0), ("NOT NOTICED", 1)):
        monkeypatch.setattr(plant, "plant_all", lambda faults, processes, answer=answer: dict.fromkeys(faults, answer))
        assert plant.main([]) == status
    assert f"{len(FAULTS)} of {len(FAULTS)} faults noticed" in capsys.readouterr().out
    assert plant.main(["--only", "no such fault"]) == 2
