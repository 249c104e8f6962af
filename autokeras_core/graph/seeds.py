"""Seeds: one for each part of a whole, and one for each random layer of a block. Light: standard library only."""

from __future__ import annotations

import hashlib

__all__ = ["derive_seed", "layer_seed"]

_LARGEST_SEED = 2**31 - 1


def derive_seed(seed: int, name: str) -> int:
    """Return a seed for one part of a whole, always the same for the same seed and name.

    Args:
        seed: The whole's seed.
        name: The part's name, e.g. a block's.

    Returns:
        An integer in `[0, 2**31 - 1)`.
    """
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _LARGEST_SEED


def layer_seed(seed: int | None, index: int) -> int | None:
    """Return the seed of one of a block's random layers, so that no two of them draw the same numbers.

    With one seed for all, dropout layers of equal shape would drop the same places in each step, and initializers give
    weights of equal shape the same values.

    Args:
        seed: The block's seed, `hp.seed`; `None` for other numbers each time.
        index: Any number of at least 0 that no other random layer of the block has.

    Example:
        ```python
        for index in range(hp["num_layers"]):
            x = keras.layers.Dense(hp["units"])(x)
            x = keras.layers.Dropout(0.5, seed=layer_seed(hp.seed, index))(x)
        ```
    """
    return None if seed is None else seed + index
