"""An engine of this process, which notes what it is asked for."""

from contextlib import contextmanager

from depnb.system.workers import _here


class PretendedEngine:
    """Does the units here, one after the other."""

    def __init__(self, gpus: int = 0):
        self.gpus, self.asked = gpus, []

    def demand_shared(self, folders):
        return []

    @contextmanager
    def spread(self, units, work, *, needs, start, hear):
        self.asked.append(needs)
        yield _here(units, work, hear)
