"""Exercises: checkers, and what they say to an answer."""

import inspect
from collections.abc import Callable
from functools import wraps
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

from depnb.course import session
from depnb.course.display import in_lines
from depnb.system.repository import NOTEBOOKS

SOLUTIONS = NOTEBOOKS / "solutions"


def check(name: str, answer: Any) -> None:
    """Check the answer to an exercise of the current notebook: print ✔, or ✘ and what is wrong.

    The checker is ``check_<name>`` in ``notebooks/solutions/<notebook>.py``, beside the solution ``<name>``. An answer
    that is wrong, or that raises, raises nothing here.

    Raises:
        RuntimeError: no session was started.
        FileNotFoundError, ValueError: the notebook has no exercises, or none of this name.
    """
    problem = judge(exercises(session.current().name), name, answer)
    print(f"✔ {name}" if problem is None else in_lines(f"✘ {name}: {problem}"))


def hint(name: str, step: int = 1) -> None:
    """Print a hint to an exercise of the current notebook; ``step`` 2, 3, … says more.

    Raises:
        RuntimeError: no session was started.
        FileNotFoundError, ValueError: the notebook has no exercises, or no hint of this name or number.
    """
    module = exercises(session.current().name)
    hints: tuple[str, ...] = getattr(module, "HINTS", {}).get(name, ())
    if not 1 <= step <= len(hints):
        raise ValueError(f"No hint {step} to {name!r}: there are {len(hints)}.")
    more = f' More: course.hint("{name}", {step + 1}).' if step < len(hints) else ""
    print(in_lines(f"{hints[step - 1]}{more}"))


def exercises(notebook: str) -> ModuleType:
    """The module with checkers and solutions of a notebook.

    Raises:
        FileNotFoundError: the notebook has none.
    """
    path = SOLUTIONS / f"{notebook}.py"
    if not path.exists():
        raise FileNotFoundError(f"No checkers for {notebook}: looked for {path}.")
    spec: Any = spec_from_file_location(f"solutions_{notebook}", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checkers(module: ModuleType) -> dict[str, Callable[[Any], None]]:
    """Exercise names with their checkers, as the module lists them."""
    prefix = "check_"
    return {key.removeprefix(prefix): value for key, value in vars(module).items() if key.startswith(prefix)}


def judge(module: ModuleType, name: str, answer: Any) -> str | None:
    """What is wrong with an answer, in one sentence; ``None`` if nothing is.

    Raises:
        ValueError: there is no such exercise.
    """
    known = checkers(module)
    if name not in known:
        raise ValueError(f"No exercise {name!r}: this notebook has {', '.join(known) or 'none'}.")
    if answer is None or answer is Ellipsis:
        return "not answered yet"
    watched, nothing = _watched(answer)
    try:
        known[name](watched)
    except NotImplementedError:
        return "not answered yet"
    except Exception as error:  # an exercise may fail in any way; the learner reads how
        if nothing and all(nothing):
            return "your function returns nothing: is `return` missing?"
        if isinstance(error, AssertionError):
            return str(error) or "not yet right"
        return f"your code stops with {type(error).__name__}: {error}"
    return None


def _watched(answer: Any) -> tuple[Any, list[bool]]:
    """An answer that is a function, as one that notes of each call whether it returns ``None``; any other as it is."""
    nothing: list[bool] = []
    if not inspect.isfunction(answer):
        return answer, nothing

    @wraps(answer)
    def watched(*args, **kwargs):
        result = answer(*args, **kwargs)
        nothing.append(result is None)
        return result

    return watched, nothing
