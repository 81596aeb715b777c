import pytest

from depnb.methods import printed


def test_every_printed_number_is_there():
    tables = printed.tables()
    assert len(tables) == 470
    assert tables["value"].notna().sum() == 445
    assert set(tables["paper"]) == set(printed.PAPERS)


def test_printed_numbers_of_distribution_learning():
    table = printed.printed("distribution", "Table 1")
    ours = table[table["is_ours"]].set_index(["dataset", "metric"])["value"]
    assert ours.to_dict() == {
        ("AVEC2013", "RMSE"): 8.25,
        ("AVEC2013", "MAE"): 6.30,
        ("AVEC2014", "RMSE"): 8.23,
        ("AVEC2014", "MAE"): 6.15,
    }
    assert len(printed.printed("distribution")) > len(table)


def test_an_unknown_paper_or_table_is_refused_with_those_that_exist():
    with pytest.raises(KeyError, match="temporal_pooling"):
        printed.printed("nobody")
    with pytest.raises(KeyError, match="Table 1"):
        printed.printed("distribution", "Table 9")


def test_protocols_and_bibliography():
    assert set(printed.protocols().index) == set(printed.PAPERS)
    assert printed.protocols().loc["distribution", "lr"] == "1e-4"
    assert printed.bibliography().index.is_unique
    assert "avec2013_baseline" in printed.bibliography().index
