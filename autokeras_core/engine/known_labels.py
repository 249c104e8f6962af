"""What a head finds out about its labels where some rows have none: those with the weight 0 for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np

from autokeras_core.data.profile import Decision

if TYPE_CHECKING:
    from autokeras_core.data.profile import TargetProfile
    from autokeras_core.graph.operator import Head

__all__ = ["analyse_known"]

Array: TypeAlias = np.ndarray[Any, Any]


def analyse_known(head: Head, labels: Any, *, name: str, has_label: Array | None) -> TargetProfile:
    """Return what a head finds out about labels, from the rows that have one.

    Args:
        head: The head.
        labels: Labels of all rows, an array or `CodedLabels`.
        name: The head's name.
        has_label: Which rows have one, see `rows_that_count`; `None` for all.

    Raises:
        DataError: If the head cannot predict such labels.
    """
    if has_label is None:
        return head.analyse(labels, name=name)
    target = head.analyse(labels[has_label], name=name)
    count = np.count_nonzero(~has_label)
    left_out = Decision(f"{name}: rows without it", f"{count} of {len(has_label)}, left out", "their weight is 0")
    return attrs.evolve(target, decisions=(*target.decisions, left_out))
