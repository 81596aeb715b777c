"""The network that comes with the repository: small, of generated people, and usable by this code."""

import pytest

from depnb.experiments import networks
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.predict import predict_video
from depnb.experiments.store import Store
from depnb.system.repository import NETWORKS
from tools import network_card
from tools.check_committed import LARGEST_NETWORK, check

LARGEST_DIFFERENCE = 0.02
"""Between the scores of two machines, BDI-II points."""


@pytest.fixture(scope="module")
def card():
    return networks.read(networks.committed())[0]


def test_there_is_one_and_it_may_be_committed():
    (path,) = NETWORKS.glob("*/*.safetensors")
    assert path.stat().st_size <= LARGEST_NETWORK
    assert check(path) == []


def test_its_page_says_what_the_file_and_the_result_say():
    assert network_card.PAGE.read_text(encoding="utf-8") == network_card.text()


def test_its_result_lies_beside_it(card):
    result = Store(NETWORKS, strict=True).load(card.run)
    assert result.facts == card.facts
    assert card.learnt


@pytest.mark.slow
def test_a_video_of_the_corpus_has_the_score_of_the_result(card):
    corpus = open_for_profile(card.run.corpus, card.run.profile)
    person = corpus.partition("unseen")[0]
    corpus.ensure([person])
    made = predict_video(person.video, [networks.committed()], device="cpu")
    stored = Store(NETWORKS, strict=True).load(card.run).predictions["unseen"]
    expected = stored.score[stored.video.index(person.name)]
    assert made.score == pytest.approx(expected, abs=LARGEST_DIFFERENCE)
    assert "decide nothing about a person" in " ".join(made.limits)
