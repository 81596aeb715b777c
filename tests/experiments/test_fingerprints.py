"""Nobody changes numbers without raising the VERSION that makes stored results a MISS."""

import json

import pytest

from tests.experiments.fingerprints import FILE, STAGES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("stage", STAGES)
def test_the_numbers_of_a_version_stay(stage):
    version, numbers = STAGES[stage]
    stored = json.loads(FILE.read_text()).get(stage, {})
    write = "then write the new numbers with `python -m tests.experiments.fingerprints`"
    assert stored.get("version") == version, f"VERSION of {stage} is {version}: {write}."
    same = pytest.approx(stored["numbers"], rel=5e-3, abs=1e-6)  # two steps of a training carry last bits that far
    assert numbers() == same, f"Raise the version of {stage}, {write}."
