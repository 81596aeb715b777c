"""Rows with other switches: written, checked, digested, and never in the committed store."""

import pytest
from hypothesis import given, strategies as st

from depnb.experiments.grid import runs_for
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods.adhoc import canonical, configuration
from depnb.methods.registry import method, parts
from depnb.system import repository

MSN = method("msn")


def test_the_other_switches_of_a_row_are_those_of_the_row():
    found = configuration(MSN, "depth_27[kernels=(3,5,13), augment=none]")
    assert (found.kernels, found.augment, found.depth, found.start) == ((3, 5, 13), "none", 27, "scratch")
    assert configuration(MSN, "msn") == MSN.rows["msn"]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("msn[kernel=(3,5)]", "no switch 'kernel': choose from network, depth, kernels"),
        ("msn[kernels=3]", "kernels=3: "),
        ("msn[augment=wild]", "augment=wild: .*'strong'"),
        ("msn[depth='69']", "depth=69: "),
        ("msn[depth=69.0]", r"depth=69\.0: "),
        ("msn[pictures=1]", "pictures=1: "),
        ("msn[]", "write it as ROW"),
        ("msn[27]", "write it as ROW"),
        ("msn[depth=27, depth=36]", "write it as ROW"),
        ("msn[depth=open('x')]", "is no value"),
        ("msn[**{}]", "write it as ROW"),
        ("nothing[depth=27]", "No row of msn 'nothing': choose from msn, c3d"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(row, what):
    with pytest.raises((KeyError, ValueError), match=what):
        configuration(MSN, row)


def test_a_fused_row_has_no_switches_of_its_own():
    with pytest.raises(KeyError, match="a fused row has no switches"):
        parts(method("temporal_pooling"), "two_stream[length=17]")


@given(st.permutations(["depth=27", "kernels=(3, 5)", "augment='none'"]))
def test_there_is_one_way_to_write_it(switches):
    written = canonical(f"msn[{', '.join(switches)}]")
    assert written == "msn[augment=none,depth=27,kernels=(3,5)]"
    assert canonical(written) == written


def test_digest_and_file_follow_the_switches(tmp_path):
    (wide,) = runs_for("smoke", "msn/msn[kernels=(3,5,13)]", (0,))
    (same,) = runs_for("smoke", "msn/msn[kernels=(3,5,7)]", (0,))
    plain = Run("msn", "msn", profile="smoke")
    assert wide.facts["configuration"]["kernels"] == [3, 5, 13]
    assert wide.digest != plain.digest == same.digest
    names = {Store(tmp_path).file(run).name.partition("-")[0] for run in (wide, same, plain)}
    assert names == {"msn[kernels=(3,5,13)]", "msn[kernels=(3,5,7)]", "msn"}


def test_the_committed_store_refuses_them(monkeypatch, tmp_path):
    (run,) = runs_for("smoke", "msn/msn[depth=27]", (0,))
    with pytest.raises(ValueError, match="rows of the tables only"):
        Store(repository.COMMITTED).demand_place(run)
    assert Store(tmp_path).demand_place(run) is None
