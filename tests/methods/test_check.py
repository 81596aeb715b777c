"""The check of a paper's folder: the papers pass it, and each kind of mistake is named."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

import depnb.methods
from depnb.inputs.spec import FRAME
from depnb.methods.check import problems, problems_of
from depnb.methods.contract import Claim, Figure, Learning, Learnings, Protocol, Recipe
from depnb.methods.registry import method, papers
from depnb.reports.result_plots import KINDS

pytestmark = pytest.mark.slow

GOOD = method("distribution")
HONEST = GOOD.protocols["honest"]


@dataclass
class Melting:
    """A configuration that is not frozen."""

    start: str = "scratch"


@dataclass(frozen=True, kw_only=True)
class Demanding:
    """A configuration with a switch that has no default."""

    extra: int
    start: str = "scratch"


def recipe(**parts):
    return GOOD.protocols | {"paper": replace(GOOD.protocols["paper"], recipe=Recipe(**parts))}


def row(**switches):
    return {"rows": GOOD.rows | {"expectation": GOOD.config(**switches)}}


def spec(**parts):
    return {"inputs": lambda config, profile: replace(FRAME, **parts)}


def claim(*names, **parts):
    return {"claims": (*GOOD.claims, Claim("it is better", *names, **parts))}


def more(*lines):
    return {"grid": GOOD.grid | {"all": (*GOOD.grid["all"], *lines)}}


def network(**members):
    """The paper with other members in its networks."""

    def model(config, scale):
        built = GOOD.model(config, scale)
        cls = type(built)
        built.__class__ = type(cls.__name__, (cls,), members)
        return built

    return {"model": model}


def failing(*arguments):
    raise OSError("no such luck")


MISTAKES = {
    "version": ({"version": "2"}, "version is '2'"),
    "notebook": ({"notebook": "99_nowhere"}, "notebooks/99_nowhere.ipynb is missing"),
    "tests": ({"name": "nobody"}, "methods/test_nobody.py is missing"),
    "no profile": ({"profiles": {k: v for k, v in GOOD.profiles.items() if k != "quick"}}, "profiles has no 'quick'"),
    "other profile": ({"profiles": GOOD.profiles | {"quick": GOOD.profiles["smoke"]}}, "profiles['quick'] is not"),
    "not frozen": ({"config": Melting, "rows": {"expectation": Melting()}}, "not a frozen dataclass"),
    "no default": ({"config": Demanding}, "The switch 'extra' has no default"),
    "no rows": ({"rows": {}}, "rows is empty"),
    "own": ({"own": "regression"}, "own names 'regression'"),
    "row of another type": ({"rows": GOOD.rows | {"expectation": Melting()}}, "Row 'expectation' is a Melting"),
    "switch": (row(loss="hinge"), "row 'expectation' has loss='hinge'"),
    "start": (row(start="luck"), "Row 'expectation' has no switch `start`"),
    "no protocol": ({"protocols": {"honest": HONEST}}, "protocols has no 'paper'"),
    "partition": ({"protocols": GOOD.protocols | {"odd": Protocol(("training",), None)}}, "'odd' names 'training'"),
    "selecting": ({"protocols": GOOD.protocols | {"odd": Protocol(("train",), "exam")}}, "'odd' names 'exam'"),
    "recipe switch": ({"protocols": recipe(switches={"colour": 1})}, "'paper' names 'colour'"),
    "recipe value": ({"protocols": recipe(switches={"augment": "much"})}, "'paper' has augment='much'"),
    "demanded switch": (
        {"protocols": recipe(demanded=lambda config: {"colour": 1})},
        "'paper', of row 'expectation', names 'colour'",
    ),
    "demanded value": (
        {"protocols": recipe(demanded=lambda config: {"augment": "much"} if config.loss == "euclidean" else {})},
        "'paper', of row 'euclidean', has augment='much'",
    ),
    "demanded of no row": ({"protocols": recipe(demanded=failing)}, "The check of protocols stops with OSError"),
    "recipe profile": ({"protocols": recipe(profile={"epochs": 3})}, "'paper' names 'epochs'"),
    "stride": ({"protocols": recipe(frame_stride={"AVEC2014": 0})}, "frame_stride 0 for AVEC2014"),
    "no headline": ({"grid": {"all": GOOD.grid["all"]}}, "grid has no 'headline'"),
    "headline": ({"grid": GOOD.grid | {"all": GOOD.grid["all"][1:]}}, "lacks ('expectation', 'both', 'honest')"),
    "row in grid": (more(("regression", "both")), "grid['all'] names 'regression'"),
    "corpus in grid": (more(("softmax", "AVEC2014")), "grid['all'] names 'AVEC2014'"),
    "protocol in grid": (more(("softmax", "both", "lucky")), "grid['all'] names 'lucky'"),
    "twice in grid": (more(("softmax", "both", "honest")), "lists ('softmax', 'both', 'honest') twice"),
    "fused": ({"fused": {"pair": ("expectation", "regression")}}, "'pair' names 'regression'"),
    "one fused": ({"fused": {"pair": ("expectation",)}}, "'pair' averages 1 rows"),
    "fused and trained": ({"fused": {"softmax": ("expectation", "euclidean")}}, "'softmax' is a row and a fused row"),
    "table": ({"tables": {"Table 9": {}}}, "tables names 'Table 9'"),
    "row in table": ({"tables": {"Table 1": {"hinge": "Softmax loss"}}}, "tables['Table 1'] names 'hinge'"),
    "printed method": ({"tables": {"Table 1": {"softmax": "Hinge"}}}, "tables['Table 1'] names 'Hinge'"),
    "unknown printed": ({"name": "nobody"}, "no numbers of 'nobody'"),
    "row in claim": (claim("regression", "constant"), "“it is better” names 'regression'"),
    "rival in claim": (claim("expectation", "luck"), "“it is better” names 'luck'"),
    "claim not run": (claim("expectation", "constant", corpus="dynamics"), "('expectation', 'dynamics', 'honest')"),
    "rival not run": (
        claim("expectation", "softmax", other_protocol="paper"),
        "“it is better” needs ('softmax', 'both', 'paper')",
    ),
    "partition in claim": (claim("expectation", "constant", partition="train"), "“it is better” names 'train'"),
    "row in figure": ({"figures": {"unseen": Figure("scores", ("luck",), "")}}, "figure 'unseen' names 'luck'"),
    "figure and diagram": ({"diagrams": lambda: {"unseen": None}}, "diagrams both have 'unseen'"),
    "diagrams": ({"diagrams": failing}, "The check of figures stops with OSError: no such luck"),
    "no inputs": ({"inputs": lambda config, profile: None}, "gives a NoneType"),
    "offsets": (spec(offsets=(1, 0)), "has offsets (1, 0), span 1"),
    "span": (spec(span=0), "has offsets (0,), span 0"),
    "learning": ({"learning": lambda c, p: Learnings(Learning("lbfgs"))}, "has optimiser='lbfgs'"),
    "model": ({"model": failing}, "The network of row 'euclidean' stops with OSError: no such luck"),
    "body": (network(body=property(lambda self: None)), "The network of row 'euclidean' has no `body`"),
    "attended": (network(attended=nn.Identity()), "The network of row 'euclidean' has no `attended`"),
    "answers": (network(describe=None), "The network of row 'euclidean' does not answer describe"),
    "forward": (network(forward=failing), "The network of row 'euclidean' stops with OSError"),
    "score": (network(score=lambda self, output: output), "gives score of shape (2, 64) for 2 inputs"),
    "loss": (network(loss=lambda self, output, bdi: bdi), "gives loss of shape (2,)"),
    "watched": (network(describe=lambda self, output: {"peak": output.max()}), "gives peak of shape ()"),
}


@pytest.mark.parametrize("paper", papers())
def test_the_papers_keep_the_contract(paper):
    assert problems(paper) == []


@pytest.mark.parametrize("paper", papers())
def test_figures_are_of_kinds_that_can_be_drawn(paper):
    assert {figure.kind for figure in method(paper).figures.values()} <= KINDS.keys()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake):
    changed, expected = MISTAKES[mistake]
    found = problems_of(replace(GOOD, **changed))
    assert any(expected in problem for problem in found), found
    assert all(problem.endswith(".") and "\n" not in problem for problem in found)


def test_one_check_that_fails_does_not_stop_the_others():
    found = problems_of(replace(GOOD, version=0, protocols=None, tables={"Table 9": {}}))
    assert any("version is 0" in problem for problem in found)
    assert any("check of protocols stops" in problem for problem in found)
    assert any("Table 9" in problem for problem in found)


def test_the_generator_of_random_numbers_stays_where_it_was():
    before = torch.get_rng_state()
    assert problems_of(GOOD) == []
    assert torch.equal(torch.get_rng_state(), before)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Writes the folder of a paper with these files, and says what is wrong with it."""
    monkeypatch.setattr(depnb.methods, "__path__", [*depnb.methods.__path__, str(tmp_path)])

    def written(name, **files):
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file.replace("_dot_", ".")).write_text(text)
        return problems(name)

    return written


RIGHT = "from dataclasses import replace\nfrom depnb.methods.distribution.rows import PAPER\n"
STUB = "import lazy_loader\n__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n"


def test_a_folder_without_rows_is_missing(folder):
    assert folder("without_rows") == [
        "depnb/methods/without_rows/rows.py is missing: write it as docs/adding_a_paper.md says."
    ]


def test_rows_that_cannot_be_imported(folder):
    (problem,) = folder("unwritten", rows_dot_py="import nothing_of_that_name\n")
    assert problem.startswith("rows.py cannot be imported: ModuleNotFoundError: No module named 'nothing_of_that_name'")


def test_rows_without_a_paper(folder):
    found = folder("paperless", rows_dot_py="PAPER = 'paperless'\n")
    assert any("no PAPER of the type Paper, but 'paperless'" in problem for problem in found)
    missing = [problem.partition(" ")[0] for problem in found if " is missing in " in problem]
    assert missing == ["__init__.py", "__init__.pyi", "network.py", "sources.csv"]


def test_a_name_that_is_not_the_folders(folder):
    files = {"rows_dot_py": RIGHT, "network_dot_py": "", "__init___dot_py": "", "__init___dot_pyi": ""}
    (problem,) = folder("renamed", **files, sources_dot_csv="")
    assert problem == "The folder is 'renamed', but PAPER.name is 'distribution': give both the same name."


def test_rows_that_import_torch(folder):
    found = folder("heavy", rows_dot_py=f"import torch\n{RIGHT}")
    assert any("rows.py imports torch" in problem for problem in found)


def test_a_name_that_the_folder_promises_and_does_not_have(folder):
    stub = "from .network import Net as Net\n"
    found = folder("promising", rows_dot_py=RIGHT, network_dot_py="", __init___dot_py=STUB, __init___dot_pyi=stub)
    assert any("__init__.pyi names 'Net', which does not exist" in problem for problem in found)
