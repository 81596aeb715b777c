import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from book import sources


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "repository"
    for name in ("docs", "figures", "notebooks", "depnb"):
        (folder / name).mkdir(parents=True)
    (folder / "README.md").write_text("# Front\n\n## House\n")
    (folder / "LICENSE").write_text("MIT")
    (folder / "figures" / "a.png").write_bytes(b"png")
    return folder


def text_of(root, text, name="docs/guide.md"):
    (root / name).write_text(text, encoding="utf-8")
    to = root.parent / "collected"
    sources.collect(root, to)
    return (to / name).read_text(encoding="utf-8"), to


def test_links_to_pages_stay_and_files_come_along(root):
    (root / "docs" / "other.md").write_text("# Other")
    said = "[a](other.md#x), [b](../LICENSE), ![c](../figures/a.png), [d](https://example.org/x), [e](#here)"
    text, to = text_of(root, said)
    assert text == said
    assert (to / "LICENSE").read_text() == "MIT"
    assert (to / "figures" / "a.png").exists()


def test_a_folder_loses_its_link_and_the_readme_is_the_index(root):
    text, _ = text_of(root, "See [`depnb/`](../depnb) and [the house](../README.md#house).")
    assert text == "See `depnb/` and [the house](../index.md#house)."


def test_a_link_to_nothing_is_named(root):
    with pytest.raises(FileNotFoundError, match=r"docs/guide.md links ../LICENCE, which is not there"):
        text_of(root, "[x](../LICENCE)")


def test_links_in_code_are_none(root):
    said = "```text\n[x](nowhere.md)\n```\n\n````markdown\n```\n[y](nowhere.md)\n```\n````\n"
    assert text_of(root, said)[0] == said


def test_a_place_that_html_marks_becomes_one_that_pages_can_link(root):
    assert text_of(root, '| <a id="e01"></a>E01 | x |')[0] == "| [E01]{#e01} | x |"


def shown(root, *cells):
    nbformat.write(new_notebook(cells=list(cells)), root / "notebooks" / "40_depnet.ipynb")
    to = root.parent / "collected"
    sources.collect(root, to)
    return nbformat.read(to / "notebooks" / "40_depnet.ipynb", as_version=4).cells


def test_a_picture_takes_its_caption_for_those_who_cannot_see_it(root):
    outputs = [
        new_output("display_data", data={"image/png": "aGk=", "text/plain": "<Figure size 1x1>"}),
        new_output("display_data", data={"text/plain": "Figure 1. A face.", "text/html": "<p>Figure 1. A face.</p>"}),
    ]
    (cell,) = shown(root, new_code_cell("draw()", outputs=outputs))
    assert cell.metadata["mystnb"]["image"]["alt"] == "Figure 1. A face."


def test_a_widget_says_where_to_play(root):
    output = new_output("display_data", data={"text/plain": "interactive(children=(IntSlider(value=5),))"})
    (cell,) = shown(root, new_code_cell("interact(f)", outputs=[output]))
    assert cell.outputs[0].data == {"text/markdown": sources.PLAY}


def test_set_up_is_folded(root):
    parameters = new_code_cell("profile = 'quick'", metadata={"tags": ["parameters"]})
    cells = shown(root, parameters, new_code_cell("session = course.start()"), new_code_cell("x = 1"))
    assert ["hide-input" in cell.metadata.get("tags", []) for cell in cells] == [True, True, False]


def test_questions_are_asked_with_their_reasons(root):
    (cell,) = shown(root, new_code_cell("course.quiz()"))
    page = "".join(str(output.data) for output in cell.outputs)
    assert "With W2 = 0 all channels are treated alike." in page


def test_markdown_of_a_notebook_is_linked_too(root):
    (cell,) = shown(root, new_markdown_cell("[package](../depnb)"))
    assert cell.source == "package"
