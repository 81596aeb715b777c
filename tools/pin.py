"""Write the pinned requirements from what is installed in ``.venv``: ``.venv/bin/python -m tools.pin``.

Run it after you change the dependencies in ``pyproject.toml``. ``requirements.txt`` holds what its dependencies bring,
``requirements-test.txt`` what its extra ``test`` brings beyond that, and ``environment.yml`` is the same for conda,
without the tests. What only Linux needs (CUDA libraries) is marked so.
"""

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from depnb.system.files import write_text
from depnb.system.repository import ROOT

LINUX = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
MACOS = {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"}
CONDA_NAMES = {"torch": "pytorch", "jupyter-client": "jupyter_client"}
NOT_ON_CONDA_FORGE = {
    "dlib-bin",
    "face-recognition-models",
    "facenet-pytorch",
    "lightning-fabric",
    "opencv-python-headless",
    "scikit-video",
}


def direct() -> tuple[list[Requirement], list[Requirement]]:
    """The requirements of pyproject.toml: its dependencies, and its extra ``test``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed, tests = project["dependencies"], project["optional-dependencies"]["test"]
    return [Requirement(text) for text in needed], [Requirement(text) for text in tests]


def closure(requirements: Iterable[Requirement], platform: dict[str, str]) -> set[str]:
    """Names of everything that ``requirements`` bring on ``platform``."""
    seen: set[tuple[str, str]] = set()
    waiting = [(r.name, extra) for r in requirements for extra in ("", *r.extras)]
    while waiting:
        name, extra = waiting.pop()
        name = canonicalize_name(name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({**platform, "extra": extra}):
                try:
                    distribution(needed.name)
                except PackageNotFoundError:
                    continue  # needed on the other platform only; pip resolves it there
                waiting += [(needed.name, more) for more in ("", *needed.extras)]
    return {name for name, _ in seen}


def pins(requirements: list[Requirement], without: list[Requirement]) -> list[str]:
    """A line for each package that ``requirements`` bring and ``without`` does not."""
    everywhere = closure(requirements, MACOS)
    names = (everywhere | closure(requirements, LINUX)) - closure(without, MACOS) - closure(without, LINUX)
    linux = ' ; sys_platform == "linux"'
    return [f"{name}=={distribution(name).version}{linux * (name not in everywhere)}" for name in sorted(names)]


def conda(requirements: list[Requirement]) -> list[str]:
    """The lines of ``environment.yml``."""
    forge, pip = [], []
    for name in sorted(canonicalize_name(r.name) for r in requirements):
        version = distribution(name).version
        if name in NOT_ON_CONDA_FORGE:
            pip.append(f"      - {name}=={version}")
        else:
            forge.append(f"  - {CONDA_NAMES.get(name, name)}={version}")
    return [
        "# Written by tools/pin.py: the same versions as requirements.txt.",
        "#   conda env create -f environment.yml && conda activate depnb && pip install --no-deps -e .",
        "# The tests also need: pip install -r requirements-test.txt",
        "name: depnb",
        "channels:",
        "  - conda-forge",
        "  - nodefaults",
        "dependencies:",
        "  - python>=3.11,<3.14",
        "  - pip",
        *forge,
        "  - pip:",
        *pip,
    ]


def main() -> None:
    """Write the three files."""
    needed, tests = direct()
    head = "# Written by tools/pin.py: versions of one working installation, for Python 3.11 to 3.13."
    files = {
        "requirements.txt": [head, *pins(needed, without=[])],
        "requirements-test.txt": [head, "# What the tests need beyond requirements.txt.", *pins(tests, without=needed)],
        "environment.yml": conda(needed),
    }
    for name, lines in files.items():
        write_text(ROOT / name, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
