"""Copies for a reader are made whatever the last time has left behind, and not without the originals."""

import pytest

from depnb.course import copies
from depnb.course.copies import copy_notebooks, main
from depnb.system import repository
from tests.miniature import runnable


@pytest.mark.parametrize("record", ["", "{", "[]", "\x00", '{"01_one.ipynb": 3}'])
def test_a_damaged_record_does_not_keep_a_reader_out(tmp_path, record):
    runnable(tmp_path / "notebooks", "01_one")
    assert copy_notebooks(tmp_path / "my", tmp_path / "notebooks").new == ["01_one.ipynb"]
    (tmp_path / "my" / ".copied.json").write_text(record)
    again = copy_notebooks(tmp_path / "my", tmp_path / "notebooks")
    assert (again.new, again.updated, again.yours) == ([], [], [])


def test_an_installed_package_has_no_notebooks_to_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "NOTEBOOKS", tmp_path / "notebooks")
    with pytest.raises(FileNotFoundError, match="pip install -e"):
        main([str(tmp_path / "my")])
    assert not (tmp_path / "my").exists()
    with pytest.raises(ValueError, match="Give one folder"):
        main([])


def test_what_was_copied_is_told(tmp_path, monkeypatch, capsys):
    runnable(tmp_path / "notebooks", "01_one")
    monkeypatch.setattr(copies, "copy_notebooks", lambda folder: copy_notebooks(folder, tmp_path / "notebooks"))
    main([str(tmp_path / "my")])
    assert capsys.readouterr().out == f"{tmp_path}/my/01_one.ipynb: new\n"
