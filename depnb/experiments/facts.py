"""Everything that decides the numbers of a run, collected from the stages."""

import hashlib
import json
from typing import Any


def _sha256(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def only(by_row: dict[str, Any], row: str) -> Any:
    """What belongs to a trained row; of a fused one all its parts by name."""
    return by_row.get(row, by_row)
