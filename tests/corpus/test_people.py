"""Spellings of one person are found, in a table and in a tree, and different people stay different."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from depnb.corpus import open_corpus
from depnb.corpus.checks import check_recordings, person_key
from depnb.corpus.manifest import read_manifest
from depnb.corpus.records import Recording
from depnb.corpus.synthetic.recipe import named_recipe, sessions
from tests.corpus import trees
from tests.corpus.test_manifest import manifest


def problems(people):
    """Of recordings with these people, each in a partition."""
    recordings = [
        Recording(f"{k}.mp4", None, partition, Path(f"{k}.mp4"), 1.0, name)
        for k, (name, partition) in enumerate(people.items())
    ]
    return check_recordings(recordings, Path("m.csv"), strict=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", "07"), ("7", "7.0"), ("7", "7,00"), ("7", "007.0"), ("7", "P7"), ("07", "p7 "), ("P7", "p7"),
        ("P7", "P07"), ("P7", "P 7"), ("P7", "p-07"), ("P7", "P_7"), ("7", "Subject 07"), ("7", "７"), ("7", "٧"),
        ("Zo\u00eb", "Zoe\u0308"), ("Anna", "ANNA"), ("Anna K", "anna_k"), ("Anna", "An\u200bna"),
        ("Straße", "STRASSE"), ("01_2", "1_2"), ("a\u00a0b", "a b"), ("0", "00"),
    ],
)  # fmt: skip
def test_spellings_of_one_person(one, other):
    (problem,) = problems({one: "train", other: "train"})
    assert not problem.fatal
    assert "look like one person under several names" in problem.text
    (problem,) = problems({one: "train", other: "test"})
    assert problem.fatal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", "70"), ("7", "17"), ("7", "7.5"), ("1.2", "12"), ("203_1", "203_2"), ("1_12", "11_2"), ("P7", "C7"),
        ("P7", "S7"), ("Zoe", "Zoë"), ("a", "b"), ("anna1", "anna2"), ("+", "-"), ("A+", "A"), ("x7", "7"), ("", "0"),
    ],
)  # fmt: skip
def test_different_people(one, other):
    assert problems({one: "train", other: "test"}) == []


def test_a_person_under_one_name_may_be_in_several_partitions(tmp_path):
    path = manifest(tmp_path, "videos/a.mp4,07,1,train", "videos/c.mp4,07,1,test")
    assert len(open_corpus(path).recordings) == 2


def test_the_spellings_of_a_table_are_told_and_refused(tmp_path):
    lines = ("videos/a.mp4,07,3,train", "videos/b 2.mp4,7.0,3,dev", "videos/c.mp4,p7 ,9,unseen")
    path = manifest(tmp_path, *lines)
    _, (problem,) = read_manifest(path)
    assert problem.text.startswith("'07' (train), '7.0' (development), 'p7' (unseen) look like one person")
    with pytest.raises(ValueError, match="look like one person"):
        open_corpus(path)


def test_the_numbers_of_avec_are_compared_too(tmp_path):
    trees.avec2014(tmp_path, [trees.ENTRIES_2014[0], trees.Entry("0203_1", "Freeform", "test", 12)])
    with pytest.raises(ValueError, match=r"'0203' \(test\), '203' \(train\) look like one person"):
        open_corpus(tmp_path)


def test_no_two_people_of_a_generated_corpus_look_alike():
    names = {session.id.partition("_")[0] for session in sessions(named_recipe("both-quick"))}
    assert len({person_key(name) for name in names}) == len(names)


@pytest.mark.slow
@given(st.text(max_size=12))
def test_a_key_does_not_change_with_capitals_form_and_blanks(name):
    key = person_key(name)
    assert person_key(unicodedata.normalize("NFD", name)) == key or not name.strip()
    if name.strip() and key != name:
        assert person_key(f" {name} ") == key


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_are_one_person_only_if_they_are_equal(one, other):
    assert (person_key(str(one)) == person_key(f"00{other}.0")) == (one == other)
