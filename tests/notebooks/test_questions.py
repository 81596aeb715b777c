"""The questions of each notebook can be answered, and a wrong answer is told why."""

import pytest

from depnb.course import questions, quiz, start
from depnb.course.questions import QUESTIONS

ALL = [(path.stem, number) for path in sorted(QUESTIONS.glob("*.json")) for number in range(len(questions(path.stem)))]


@pytest.mark.parametrize(("notebook", "number"), ALL)
def test_one_answer_is_right_and_each_one_has_a_reason(notebook, number):
    asked = questions(notebook)[number]
    answers = asked["answers"]
    assert sum(answer.get("correct", False) for answer in answers) == 1
    assert all(len(answer["feedback"]) > 20 for answer in answers)
    assert len({answer["feedback"] for answer in answers}) == len(answers)
    if asked["type"] == "multiple_choice":
        assert len(answers) >= 4
        assert len({answer["answer"] for answer in answers}) == len(answers)
    else:
        assert asked["type"] == "numeric"
        assert [answer["type"] for answer in answers].count("default") == 1
        assert len(answers) >= 4
    assert "$" not in str(asked)  # JupyterLab shows no formulas in them


@pytest.mark.parametrize("notebook", sorted({notebook for notebook, _ in ALL}))
def test_outside_of_a_notebook_they_are_printed(capsys, notebook):
    start(notebook, profile="quick", corpus="both", protocol="honest", store="committed", seed=0, device="cpu")
    capsys.readouterr()
    quiz()
    assert capsys.readouterr().out.splitlines() == [
        f"{number}. {asked['question']}" for number, asked in enumerate(questions(notebook), start=1)
    ]


def test_a_notebook_without_questions_is_named():
    with pytest.raises(FileNotFoundError, match="No questions for 99_nothing"):
        questions("99_nothing")


def test_in_a_notebook_they_come_with_all_that_a_browser_needs(monkeypatch):
    shown = []
    start("20_temporal_pooling", profile="quick", corpus="both", protocol="honest", store="committed", seed=0,
          device="cpu")  # fmt: skip
    monkeypatch.setattr("IPython.get_ipython", lambda: "a kernel")
    monkeypatch.setattr("jupyterquiz.dynamic.display.display", shown.append)
    quiz()
    frame, script = (thing.data for thing in shown)
    assert questions("20_temporal_pooling")[0]["question"] in script
    assert frame.partition('"')[2].partition('"')[0] in script
    assert "src=" not in frame + script  # nothing is fetched
