from book.links import broken

PAGE = "<html><body>{}</body></html>"


def site(folder, **pages):
    (folder / "papers").mkdir()
    for name, body in pages.items():
        (folder / f"{name.replace('__', '/')}.html").write_text(PAGE.format(body), encoding="utf-8")
    return broken(folder)


def test_links_that_lead_somewhere(tmp_path):
    (tmp_path / "a picture.png").write_bytes(b"")
    text = '<p id="e1"><a href="papers/msn.html#claims">x</a><a href="#e1">y</a><img src="a%20picture.png"></p>'
    assert site(tmp_path, index=text, papers__msn='<a href="../index.html#e1">z</a><h2 id="claims">c</h2>') == []


def test_a_page_that_is_not_there_is_named_once(tmp_path):
    text = '<a href="papers/nsm.html">x</a><a href="papers/nsm.html">again</a>'
    assert site(tmp_path, index=text) == ["index.html: no file for the link 'papers/nsm.html'"]


def test_a_place_that_is_not_there(tmp_path):
    found = site(tmp_path, index='<a href="papers/msn.html#claims">x</a>', papers__msn="<p id='claim'></p>")
    assert found == ["index.html: no such place for the link 'papers/msn.html#claims'"]


def test_a_place_on_the_same_page_that_is_not_there(tmp_path):
    assert site(tmp_path, papers__msn='<a href="#here">x</a>') == [
        "papers/msn.html: no such place for the link '#here'"
    ]


def test_a_picture_and_a_script_that_are_not_there(tmp_path):
    found = site(tmp_path, index='<img src="x.png"><script src="y.js"></script>')
    assert found == ["index.html: no file for the link 'x.png'", "index.html: no file for the link 'y.js'"]


def test_addresses_elsewhere_are_not_looked_up(tmp_path):
    assert site(tmp_path, index='<a href="https://example.org/x">x</a><a href="mailto:a@example.org">y</a>') == []
