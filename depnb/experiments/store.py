"""A folder of results that says HIT or MISS and why.

A file is read only if it is what was written and says nothing that cannot be so; it is written whole or not at all, so
any number of processes may share a store.
"""

import glob
import json
import logging
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from depnb.experiments.corpora import open_for_profile
from depnb.experiments.result import DamagedResult, MissingResult, Result
from depnb.experiments.run import Run
from depnb.methods.adhoc import is_adhoc
from depnb.system.files import locked, remove_leftovers, write_bytes
from depnb.system.repository import COMMITTED, demand_ignored

NAMED_FACTS = 3
"""Facts that a miss names where the nearest stored run is another one."""
LARGEST = 50 * 2**20
"""No result is larger, bytes."""

log = logging.getLogger("depnb")


class Store:
    """A folder of results, ``<paper>/<row>-<corpus>-<protocol>-<profile>-s<seed>-<digest>.json``.

    Args:
        path: the folder; made when the first result is saved.
        strict: a MISS or a damaged file is an error instead of a reason to train.
        networks: folder in which what is trained for this store is kept too (``networks``); None: nowhere.
    """

    def __init__(self, path: Path | str, strict: bool = False, networks: Path | str | None = None):
        self.path = Path(path)
        self.strict = strict
        self.networks = Path(networks) if networks else None
        self._held: set[str] = set()

    def file(self, run: Run) -> Path:
        """Where the result of a run lies."""
        return self.path / run.paper / f"{run.name}-{run.digest[:8]}.json"

    def load(self, run: Run) -> Result | None:
        """The result of a run; ``None`` on a MISS.

        Raises:
            MissingResult: a MISS in a strict store.
        """
        result = self._read(run)
        if result is None and self.strict:
            raise MissingResult(f"{self.explain(run)}. Run `make results`.")
        return result

    @contextmanager
    def claimed(self, run: Run, wait: bool = True) -> Iterator[bool]:
        """Have a run for oneself, among all processes that work on this store.

        The claim ends with the block, or with the process, however it ends. Within the block it may be claimed again.

        Args:
            run: what is going to be made.
            wait: for the process that has it now; else yield False at once.

        Raises:
            ValueError: it would be a result on a licensed corpus in a folder that git does not ignore.
            StorageError: the store cannot be written.
        """
        self.demand_place(run)
        if run.digest in self._held:
            yield True
            return
        with locked(self._claims / f"{run.digest[:24]}.lock", wait) as mine:
            if mine:
                self._held.add(run.digest)
            try:
                yield mine
            finally:
                if mine:
                    self._held.discard(run.digest)

    def demand_place(self, run: Run) -> None:
        """Refuse a run whose result may not lie here.

        Raises:
            ValueError: it would be a result on a licensed corpus in a folder that git does not ignore, or one of a row
                with other switches in the committed store.
        """
        self._demand_row(run)
        if open_for_profile(run.corpus, run.profile).licensed:
            demand_ignored(self.path, run.corpus)
            if self.networks:
                demand_ignored(self.networks, run.corpus)

    def _demand_row(self, run: Run) -> None:
        if is_adhoc(run.row) and self.committed:
            raise ValueError(
                f"{self.path} holds rows of the tables only, not {run.paper}/{run.row}: name another store, as in "
                "--store runs/mine."
            )

    @property
    def committed(self) -> bool:
        """Whether it is the repository's own, which holds what tables and pages quote."""
        return self.path.resolve() == COMMITTED.resolve()

    @property
    def _claims(self) -> Path:
        return self.path / ".claims"

    def save(self, result: Result) -> Path:
        """Write a result; it replaces what the same run had when other facts decided it.

        Raises:
            ValueError: as ``demand_place``.
            StorageError: the store cannot be written.
        """
        if result.licensed:
            demand_ignored(self.path, result.run.corpus)
        self._demand_row(result.run)
        path = self.file(result.run)
        write_bytes(path, result.to_bytes())
        remove_leftovers(path.parent)
        for old in path.parent.glob(f"{glob.escape(result.run.name)}-????????.json"):
            if old != path and self._is_of(old, result.run):
                old.unlink(missing_ok=True)
        return path

    @staticmethod
    def _is_of(path: Path, run: Run) -> bool:
        try:
            return _result(path).run == run
        except (FileNotFoundError, DamagedResult):
            return False

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """The runs that have no result here."""
        return [run for run in runs if self._read(run) is None]

    def results(self, paper: str | None = None) -> list[Result]:
        """Everything stored, of one paper or of all, ordered by run.

        Raises:
            DamagedResult: a file is not a whole result, in a strict store; else it is logged and left out.
        """
        found = []
        for path in self.path.glob(f"{paper or '[!.]*'}/[!.]*.json"):
            try:
                found.append(_under_its_name(path))
            except FileNotFoundError:  # another process has put a newer one in its place
                continue
            except DamagedResult as error:
                if self.strict:
                    raise DamagedResult(f"{path} is not a whole result: {error}. Delete it.") from error
                log.warning("Left out %s, not a whole result: %s", path, error)
        return sorted(found, key=lambda result: result.run)

    def current(self, paper: str | None = None) -> list[Result]:
        """Those of ``results`` that the code as it is now would make again; the others are logged and left out."""
        found = []
        for result in self.results(paper):
            try:
                same = replace(result.run).digest == result.digest
            except (KeyError, FileNotFoundError, ValueError):  # a row or a corpus that there is no more
                same = False
            if same:
                found.append(result)
            else:
                log.warning("Left out %s/%s: other code or data made it", result.run.paper, result.run.name)
        return found

    def twin(self, run: Run) -> Result | None:
        """The result of another row of the paper that is the same training: the same facts decide its numbers."""
        same = (result for result in Store(self.path).results(run.paper) if result.digest == run.digest)
        found = next(same, None)
        return found and replace(found, run=run, origin=str(self.file(found.run)))

    def explain(self, run: Run) -> str:
        """HIT, or MISS with the nearest stored run and the facts in which it differs, of another row's some of them."""
        path = self.file(run)
        if self._read(run) is not None:
            return f"HIT {path}"
        miss = f"MISS {run.paper}/{run.name}"
        if path.exists():
            return f"{miss}: {path} is not a whole result"
        stored = [result for result in Store(self.path).results(run.paper) if result.facts != run.facts]
        if not stored:
            return f"{miss}: nothing stored for {run.paper} under {self.path}"
        differing = {result.run.name: differences(run.facts, result.facts) for result in stored}
        nearest = min(differing, key=lambda name: (len(differing[name]), name != run.name, name))
        facts = differing[nearest]
        if nearest != run.name and len(facts) > NAMED_FACTS:
            facts = [*facts[:NAMED_FACTS], f"{len(facts) - NAMED_FACTS} more facts"]
        return f"{miss}: the nearest stored run is {nearest}; it differs in {'; '.join(facts)}"

    def _read(self, run: Run) -> Result | None:
        path = self.file(run)  # outside: a corpus or weights that a run lacks are no missing result
        try:
            result = _result(path)
        except (FileNotFoundError, DamagedResult):
            return None
        return result if result.digest == run.digest else None


def _under_its_name(path: Path) -> Result:
    """The result in a file; a copy under another name would count as a further seed."""
    result = _result(path)
    own = f"{result.run.paper}/{result.run.name}"
    if f"{path.parent.name}/{path.stem[:-9]}" != own or not re.fullmatch("-[0-9a-f]{8}", path.stem[-9:]):
        raise DamagedResult(f"it is a copy of {own} under another name")
    return result


def _result(path: Path) -> Result:
    """The result in a file, which is read again only when it has changed.

    Raises:
        FileNotFoundError, DamagedResult.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise DamagedResult(f"no file of at most {LARGEST / 2**20:.0f} MB")
        return _result_at(path, status.st_mtime_ns, status.st_size, status.st_ino)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedResult(f"it cannot be read ({error.strerror})") from error


@cache
def _result_at(path: Path, *changed: int) -> Result:
    return Result.from_json(path.read_bytes())


def differences(ours: Any, theirs: Any, place: Sequence[str] = ()) -> list[str]:
    """Leaves in which two nested dicts differ, as text."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted(ours.keys() | theirs.keys())
        return [d for key in keys for d in differences(ours.get(key), theirs.get(key), (*place, key))]
    if json.dumps(ours) == json.dumps(theirs):
        return []
    return [f"{'.'.join(place)} ({json.dumps(theirs)[:60]} there, {json.dumps(ours)[:60]} asked for)"]
