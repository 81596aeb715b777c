"""An engine of this process, which notes what it is asked for."""

from contextlib import contextmanager

from depnb.system.workers import in_turn


class PretendedEngine:
    """Does the units here, one after the other."""

    name = "elsewhere"

    def __init__(self, gpus: int = 0):
        self.gpus, self.asked = gpus, []

    @contextmanager
    def spread(self, units, work, *, needs, seconds, start, hear):
        self.asked.append(needs)
        yield in_turn(units, work, hear)
