"""Write the pinned requirements from what is installed in ``.venv``: ``.venv/bin/python -m tools.pin``.

Run it after you change the dependencies in ``pyproject.toml``. ``requirements.txt`` holds what its dependencies bring,
``requirements-test.txt`` what its extra ``test`` brings beyond that, each with the SHA-256 of every file that the
package index has of it, so that ``pip install --require-hashes`` takes no other. ``environment.yml`` is the same for
conda, without the tests. What only some systems or Pythons need is marked so. It needs ``uv`` (``pip install uv``).
"""

import re
import shutil
import subprocess
import tempfile
import tomllib
from importlib.metadata import distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from depnb.system.files import write_text
from depnb.system.repository import ROOT

OLDEST_PYTHON = "3.11.5"
CONDA_NAMES = {"torch": "pytorch", "jupyter-client": "jupyter_client"}
NOT_ON_CONDA_FORGE = {
    "dlib-bin",
    "face-recognition-models",
    "facenet-pytorch",
    "jupyterquiz",
    "lightning-fabric",
    "opencv-python-headless",
}


def direct() -> list[Requirement]:
    """The dependencies of pyproject.toml."""
    return [
        Requirement(text) for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ]


def pins(*extras: str) -> dict[str, str]:
    """By name, the lines of each package that the project brings with these extras, on all systems.

    Raises:
        FileNotFoundError: there is no uv.
        CalledProcessError: it found no versions that fit; it has said why.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise FileNotFoundError("There is no uv, which asks the package index for hashes: run `pip install uv`.")
    with tempfile.TemporaryDirectory() as folder:
        installed = Path(folder) / "installed.txt"
        found = {canonicalize_name(d.name): d.version for d in distributions() if d.name != "depnb"}
        installed.write_text("".join(f"{name}=={version}\n" for name, version in found.items()))
        command = [uv, "pip", "compile", str(ROOT / "pyproject.toml"), "--constraint", str(installed), "--universal"]
        command += ["--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
        command += [f"--extra={extra}" for extra in extras]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {re.split("==", lines)[0]: lines for lines in re.findall(r"^\S.*(?:\n .*)*", text, re.M)}


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
        "#   conda env create -f environment.yml && conda activate depnb",
        "# It installs this checkout too, in place (`-e .`). The tests also need: pip install -r requirements-test.txt",
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
        "      - -e .",
    ]


def main() -> None:
    """Write the three files."""
    needed = pins()
    tests = [lines for name, lines in pins("test").items() if name not in needed]
    head = "# Written by tools/pin.py: versions of one working installation, for Python 3.11 to 3.13."
    files = {
        "requirements.txt": [head, *needed.values()],
        "requirements-test.txt": [head, "# What the tests need beyond requirements.txt.", *tests],
        "environment.yml": conda(direct()),
    }
    for name, lines in files.items():
        write_text(ROOT / name, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
