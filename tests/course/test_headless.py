"""A notebook counts only if nothing was raised and its last cell wrote the end-marker."""

import asyncio
import sys

import nbformat
import psutil
import pytest
import zmq
import zmq.asyncio
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.session import Session

from depnb.course import headless
from depnb.course.headless import LOOK_EVERY_S, _Shell, defaults, execute, kernels, parameters_for, parse
from depnb.course.notebooks import PARAMETERS, normalise
from tests.miniature import runnable

pytestmark = [pytest.mark.usefixtures("trainings_in_this_process"), pytest.mark.slow]

GIVEN = {
    "profile": "smoke",
    "corpus": "both",
    "protocol": "honest",
    "store": "/somewhere/results",
    "seed": 7,
    "device": "cpu",
}


def run(path, folder, timeout=60.0, **options):
    return execute(path, folder / path.name, GIVEN, log=folder / "log", cell_timeout=timeout, **options)


def test_a_good_notebook_gets_its_parameters_and_this_environments_kernel(tmp_path):
    path = runnable(
        tmp_path / "notebooks",
        "01_good",
        "import os, sys\nprint(profile, seed, store, sys.prefix)",
        "open('beside', 'w').close()\nprint('note', file=sys.stderr)",
        "from depnb import course\nimport pandas as pd\ncourse.table(pd.DataFrame({'RMSE': [8.126]}), 'Generated:')",
    )
    before, ticks = path.read_bytes(), []
    outcome = run(path, tmp_path / "out", on_cell=lambda: ticks.append(1))
    assert outcome.ok, outcome.problem
    assert path.read_bytes() == before
    cells = nbformat.read(outcome.output, as_version=4).cells
    assert len(ticks) == len(cells)
    assert any(o.text == f"smoke 7 /somewhere/results {sys.prefix}\n" for c in cells for o in c.get("outputs", ()))
    assert (path.parent / "beside").exists()
    log = (tmp_path / "out" / "log").read_text()
    assert "note" in log
    assert "Generated:\n RMSE\n 8.13\n" in log
    assert not normalise(outcome.output)


FAILURES = {
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "leaves": ("import sys\nsys.exit(0)", "end-marker"),
    "dies": ("import os\nos._exit(1)", "DeadKernelError"),
    "hangs": ("import time\ntime.sleep(60)", "CellTimeoutError"),
    "stops early": (None, "end-marker"),
}
BY_HAND = {
    "printed": "print('depnb: finished 01_bad')",
    "printed before the end": "print('depnb: finished 01_bad')\nimport sys\nsys.exit(0)\nsession.end()",
    "in a comment": "print('depnb: finished 01_bad')  # session.end()",
    "no call": "print('depnb: finished 01_bad')\nsession.end",
}


@pytest.mark.parametrize("way", BY_HAND)
def test_an_end_marker_that_was_written_by_hand_does_not_count(tmp_path, way):
    path = runnable(tmp_path / "notebooks", "01_bad", BY_HAND[way], end=False)
    outcome = run(path, tmp_path / "out")
    assert "by hand" in outcome.problem


@pytest.mark.parametrize(
    "source",
    ["while True:\n    print('x' * 10_000)", "print('x' * 200_000)", "display({'text/html': 'x' * 200_000}, raw=True)"],
)
def test_a_flood_of_output_is_stopped_and_told_and_not_kept(tmp_path, monkeypatch, source):
    monkeypatch.setattr(headless, "MOST_OUTPUT", 100_000)
    path = runnable(tmp_path / "notebooks", "01_bad", source)
    outcome = run(path, tmp_path / "out")
    assert "cell 5 went on after 100,000 characters of output" in outcome.problem
    assert outcome.output.stat().st_size < 150_000
    assert (tmp_path / "out" / "log").stat().st_size < 150_000


@pytest.mark.parametrize("way", FAILURES)
def test_each_way_to_fail_is_noticed(tmp_path, way):
    source, expected = FAILURES[way]
    sources = () if source is None else (source,)
    path = runnable(tmp_path / "notebooks", "01_bad", *sources, end=source is not None)
    outcome = run(path, tmp_path / "out", timeout=2.0 if way == "hangs" else 60.0)
    assert not outcome.ok
    assert expected in outcome.problem


async def _answer_without_waking(kind):
    """What a channel gets of an answer whose wake-up another user of its socket has taken."""
    context, session = zmq.asyncio.Context(), Session()
    ours, theirs = context.socket(zmq.PAIR), zmq.Context(context).socket(zmq.PAIR)
    ours.bind("inproc://kernel")
    theirs.connect("inproc://kernel")
    waiting = asyncio.create_task(kind(ours, session).get_msg(timeout=3600))
    await asyncio.sleep(0.2)
    session.send(theirs, "execute_reply")
    zmq.Socket(ours).get(zmq.EVENTS)
    try:
        return (await asyncio.wait_for(waiting, 3 * LOOK_EVERY_S))["msg_type"]
    except TimeoutError:
        return None
    finally:
        ours.close()
        theirs.close()


def test_an_answer_is_seen_though_its_wake_up_was_taken():
    assert asyncio.run(_answer_without_waking(AsyncZMQSocketChannel)) is None
    assert asyncio.run(_answer_without_waking(_Shell)) == "execute_reply"


def test_the_next_kernel_starts_ahead_and_brings_modules_but_no_names(tmp_path):
    loaded = "import sys\nassert 'torch' in sys.modules\nassert not {'torch', 'depnb'} & {*vars()}"
    sources = {"01_one": "import time\ntime.sleep(1)", "02_two": loaded, "03_three": loaded}
    paths = [runnable(tmp_path / "notebooks", name, source) for name, source in sources.items()]
    alive = []
    with kernels(paths) as in_turn:
        for path, kernel in zip(paths, in_turn, strict=True):
            alive.append(_kernels_alive())
            outcome = run(path, tmp_path / "out", kernel=kernel)
            assert outcome.ok, outcome.problem
            counts = [
                c.execution_count for c in nbformat.read(outcome.output, as_version=4).cells if "execution_count" in c
            ]
            assert counts == list(range(1, len(counts) + 1))
    assert alive == [2, 2, 1]
    assert _kernels_alive() == 0


def test_an_interruption_leaves_no_kernel_behind(tmp_path):
    paths = [runnable(tmp_path / "notebooks", name) for name in ("01_one", "02_two")]

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), kernels(paths) as in_turn:
        run(paths[0], tmp_path / "out", kernel=next(in_turn), on_cell=interrupt)
    assert _kernels_alive() == 0


def _kernels_alive():
    commands = (" ".join(child.cmdline()) for child in psutil.Process().children())
    return sum("ipykernel" in command for command in commands)


def test_the_source_is_never_written_over(tmp_path):
    path = runnable(tmp_path, "01_good")
    with pytest.raises(ValueError, match="overwritten"):
        run(path, tmp_path)


def test_defaults_are_read_from_the_parameters_cell(tmp_path):
    found = defaults(runnable(tmp_path, "01_good"))
    assert tuple(found) == PARAMETERS
    assert (found["profile"], found["seed"]) == ("quick", 0)


def _with_parameter(path, line):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source += f"\n{line}"
    nbformat.write(notebook, path)
    return path


def test_a_further_parameter_goes_to_the_notebooks_that_know_it(tmp_path):
    plain = runnable(tmp_path, "01_plain")
    more = _with_parameter(runnable(tmp_path, "02_more"), "level = 0.5  # how much")
    found = parameters_for([plain, more], GIVEN, {"level": "1e-1"})
    assert found["02_more"]["level"] == 0.1
    assert "level" not in found["01_plain"]


def test_what_papermill_would_only_warn_about_is_refused(tmp_path):
    plain = runnable(tmp_path, "01_plain")
    with pytest.raises(ValueError, match="No notebook has a parameter sede"):
        parameters_for([plain], GIVEN, {"sede": "1"})
    with pytest.raises(ValueError, match=r"01_plain\.ipynb: parameter seed is of type int, but was given '7'"):
        parameters_for([plain], GIVEN | {"seed": "7"}, {})
    for name in GIVEN:
        with pytest.raises(ValueError, match=f"the run sets {name} itself"):
            parameters_for([plain], GIVEN, {name: "7"})
    with pytest.raises(ValueError, match="has no parameter rows"):
        parameters_for([plain], GIVEN | {"rows": "all"}, {})
    derived = _with_parameter(runnable(tmp_path, "02_derived"), "half = seed // 2")
    with pytest.raises(ValueError, match=r"default of parameter 'half' is seed // 2"):
        parameters_for([derived], GIVEN, {})


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [("7", 0, 7), ("-7", 0, -7), ("1e-4", 0.1, 1e-4), ("2", 0.1, 2.0), ("True", False, True), ("07x", "", "07x")],
)
def test_text_becomes_a_value_of_the_defaults_type(text, default, value):
    parsed = parse("p", text, default)
    assert parsed == value
    assert type(parsed) is type(default)


@pytest.mark.parametrize(("text", "default"), [("0_1", 0), ("1.0", 0), ("1e", 0.1), ("yes", False), ("x", None)])
def test_text_that_says_no_such_value_is_refused(text, default):
    with pytest.raises(ValueError, match="Parameter p wants a value of type"):
        parse("p", text, default)
