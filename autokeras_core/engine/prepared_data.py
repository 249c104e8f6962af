"""The rows of a search, split and encoded, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from autokeras_core.data.rows import object_bytes
from autokeras_core.data.stand_ins import known_targets

if TYPE_CHECKING:
    import numpy as np

    from autokeras_core.data.profile import DataProfile
    from autokeras_core.data.rows import Rows

__all__ = ["PreparedData"]

Array: TypeAlias = "np.ndarray[Any, Any]"


@attrs.frozen(kw_only=True)
class PreparedData:
    """Data that a search can use.

    Attributes:
        profile: What analysis found out about the training rows.
        train_inputs: Adapted training rows by input, raw otherwise: arrays, or sources that read them when needed.
        validation_inputs: Adapted validation rows by input.
        train_targets: Encoded training targets by head.
        validation_targets: Encoded validation targets by head.
        train_weights: One weight per training row, mean 1, or one for each head, see `data.head_weights`; or `None`.
        validation_weights: The same for validation rows, or `None`.
        fingerprint: A hash of all of it, to tell whether a search is continued on the same data.
    """

    profile: DataProfile
    train_inputs: Mapping[str, Rows]
    validation_inputs: Mapping[str, Rows]
    train_targets: Mapping[str, Array]
    validation_targets: Mapping[str, Array]
    train_weights: Array | None
    validation_weights: Array | None
    fingerprint: str

    @property
    def known_targets(self) -> Mapping[str, Array]:
        """The training targets for those who learn from them without weights: NaN in rows without one."""
        return known_targets(self.train_targets, self.train_weights)

    @property
    def validation_rows(self) -> int:
        """How many rows there are to validate on."""
        return len(next(iter(self.validation_targets.values())))

    @property
    def object_bytes(self) -> int:
        """About how many bytes of it are in arrays of objects, such as texts: each worker has a copy of its own of these."""
        parts = (self.train_inputs, self.validation_inputs)
        return sum(object_bytes(rows) for part in parts for rows in part.values())
