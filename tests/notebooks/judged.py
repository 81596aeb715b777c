"""Tests of a notebook's checkers, made of its solutions and a table of wrong answers.

A row of the table is ``(name, answer, said)``: the exercise, an answer that is wrong in a likely way, and a few words
of the message that names the mistake.
"""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest

from depnb import course

Wrong = Sequence[tuple[str, Any, str]]


def told_why(solved: ModuleType, wrong: Wrong) -> Callable:
    """The test that the checker's message on each wrong answer has the words of its row."""

    @pytest.mark.parametrize(("name", "answer", "said"), wrong)
    def test(name, answer, said):
        found = course.judge(solved, name, answer)
        assert found is not None, f"the checker of {name} takes the wrong answer for right"
        assert said in found, found

    return test


def accepted(solved: ModuleType, right: Mapping[str, Sequence[Any]]) -> Callable:
    """The test that right answers in other forms, by exercise, are taken for right."""

    @pytest.mark.parametrize(("name", "answer"), [(name, answer) for name, own in right.items() for answer in own])
    def test(name, answer):
        assert course.judge(solved, name, answer) is None

    return test


def complete(solved: ModuleType, wrong: Wrong) -> Callable:
    """The test that each exercise has a wrong answer in the table, and a solution that is right."""

    def test():
        names = course.checkers(solved).keys()
        assert {name for name, *_ in wrong} == names
        assert {name: course.judge(solved, name, getattr(solved, name)) for name in names} == dict.fromkeys(names)

    return test
