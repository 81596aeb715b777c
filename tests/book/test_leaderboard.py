"""The leaderboard's page is a plain table with every row; test_site.py looks at it in a browser."""

import re

from book import leaderboard
from depnb.reports import leaderboard as board


def test_the_plain_table_has_every_row_with_its_source_and_names_are_no_markup():
    page = leaderboard.page()
    assert page.count("<tr data-") == page.count("<details>") == len(board.rows())
    assert all(f"doi:{row.doi}" in page for row in board.rows() if row.doi)
    assert "MAE 9.14–11.84" in page
    assert "RMSE/MAE &lt; 1.15" in page
    assert 'data-corpus="AVEC2014" data-modality="video" data-reported="replicators" data-replicated="yes"' in page
    addresses = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    assert {address for address in addresses if "://" in address} == {
        f"https://doi.org/{row.doi}" for row in board.rows() if row.doi
    }
