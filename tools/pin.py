"""Write requirements.txt and environment.yml from pyproject.toml and what is installed in .venv.

Run it after changing the dependencies: ``.venv/bin/python tools/pin.py``. Only the closure of pyproject's
dependencies and of its ``dev`` extra is pinned; what only Linux needs (CUDA libraries) is marked so.
"""

import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
MACOS = {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"}
CONDA_NAMES = {"torch": "pytorch", "jupyter-client": "jupyter_client"}
NOT_ON_CONDA_FORGE = {
    "dlib-bin",
    "face-recognition-models",
    "facenet-pytorch",
    "lightning-fabric",
    "nbval",
    "opencv-python-headless",
    "scikit-video",
}


def direct() -> list[Requirement]:
    """The requirements of pyproject.toml, ``dev`` included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["dev"]]


def closure(requirements: list[Requirement], platform: dict[str, str]) -> set[str]:
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
                except ModuleNotFoundError:
                    continue  # needed on the other platform only; pip resolves it there
                waiting += [(needed.name, more) for more in ("", *needed.extras)]
    return {name for name, _ in seen}


def main() -> None:
    requirements = direct()
    everywhere = closure(requirements, MACOS)
    lines = ["# Written by tools/pin.py: versions of one working installation, for Python 3.11 to 3.13."]
    for name in sorted(everywhere | closure(requirements, LINUX)):
        marker = "" if name in everywhere else ' ; sys_platform == "linux"'
        lines.append(f"{name}=={distribution(name).version}{marker}")
    (ROOT / "requirements.txt").write_text("\n".join(lines) + "\n")

    conda, pip = [], []
    for name in sorted(canonicalize_name(r.name) for r in requirements):
        version = distribution(name).version
        if name in NOT_ON_CONDA_FORGE:
            pip.append(f"{name}=={version}")
        else:
            conda.append(f"{CONDA_NAMES.get(name, name)}={version}")
    lines = [
        "# Written by tools/pin.py: the same versions as requirements.txt.",
        "#   conda env create -f environment.yml && conda activate depnb && pip install --no-deps -e .",
        "name: depnb",
        "channels:",
        "  - conda-forge",
        "  - nodefaults",
        "dependencies:",
        "  - python>=3.11,<3.14",
        "  - pip",
        *(f"  - {item}" for item in conda),
        "  - pip:",
        *(f"      - {item}" for item in pip),
    ]
    (ROOT / "environment.yml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
