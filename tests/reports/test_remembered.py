"""What was computed before is read, and only if the same would be computed again."""

import json
import math

import numpy as np
import pytest

from depnb.evaluation import compare, mae, rmse
from depnb.reports import remembered as module
from depnb.reports.remembered import keep, remembered

Y, PEOPLE = [10.0, 20.0, 30.0], ["a", "b", "c"]
OURS, THEIRS = np.array([[11.0, 22, 28], [12, 19, 33]]), [20.0, 20.0, 20.0]


@pytest.fixture
def times(tmp_path, monkeypatch):
    """How often ``compare`` was called, in a cache of its own."""
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))
    called = []

    def counting(*data, metric):
        called.append(metric.__name__)
        return compare(*data, metric)

    counting.__name__ = "compare"
    return called, counting


def test_the_same_is_computed_once_also_by_another_process(times, tmp_path, monkeypatch):
    called, counting = times
    first = remembered(counting, Y, OURS, THEIRS, PEOPLE)
    assert first == compare(Y, OURS, THEIRS, PEOPLE)
    keep()
    monkeypatch.setattr(module, "_known", {})
    assert remembered(counting, Y, OURS, THEIRS, PEOPLE) == first
    assert called == ["rmse"]


def test_another_metric_other_scores_and_another_form_are_something_else(times):
    called, counting = times
    remembered(counting, Y, OURS, THEIRS, PEOPLE)
    assert remembered(counting, Y, OURS, THEIRS, PEOPLE, metric=mae) == compare(Y, OURS, THEIRS, PEOPLE, mae)
    remembered(counting, Y, OURS + 1, THEIRS, PEOPLE)
    remembered(counting, Y, OURS[0], THEIRS, PEOPLE)
    assert called == ["rmse", "mae", "rmse", "rmse"]


def test_other_code_computes_anew(times, monkeypatch):
    called, counting = times
    remembered(counting, Y, OURS, THEIRS, PEOPLE)
    monkeypatch.setattr(module, "_code", lambda: "other code")
    remembered(counting, Y, OURS, THEIRS, PEOPLE, metric=rmse)
    assert called == ["rmse", "rmse"]


def test_what_is_infinite_is_not_written(times, tmp_path):
    _, counting = times
    found = remembered(counting, Y, OURS[:1], THEIRS, PEOPLE)
    assert found[1:3] == (-math.inf, math.inf)
    remembered(counting, Y, OURS, THEIRS, PEOPLE)
    keep()
    written = json.loads((tmp_path / "intervals" / "compared.json").read_text())
    assert len(written) == 1


def test_a_function_without_a_metric_is_remembered_too(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))
    called = []

    def mean(numbers):
        called.append(numbers)
        return (sum(numbers) / len(numbers),)

    for numbers in ([1.0, 3.0], [1.0, 3.0], [2.0, 3.0]):
        assert remembered(mean, numbers, metric=None) == (sum(numbers) / 2,)
    assert called == [[1.0, 3.0], [2.0, 3.0]]
