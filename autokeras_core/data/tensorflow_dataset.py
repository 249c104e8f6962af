"""A `tf.data.Dataset`, which is not read: known by its type, and turned away. Light: no TensorFlow.

Other libraries take one, with the labels in it, so "there are no labels" would send their users the wrong way.
"""

from __future__ import annotations

from typing import Any

from autokeras_core.errors import DataError, describe_error

__all__ = ["refuse_dataset"]

_CLASS = "DatasetV2"  # what `tf.data.Dataset` is called where it is defined


def refuse_dataset(data: Any, where: str) -> None:
    """Check that data are no `tf.data.Dataset`.

    Args:
        data: Data of any kind; only their type is looked at.
        where: What they are in the user's words, for messages: `"x"`, `"x['image']"`, `"validation_data"`.

    Raises:
        DataError: If they are one.
    """
    if not any(each.__name__ == _CLASS and each.__module__.startswith("tensorflow.") for each in type(data).__mro__):
        return
    raise DataError(
        describe_error(
            f"{where} is a tf.data.Dataset, which is not read.",
            expected="x and y as arrays, lists or frames; or the folder, the table or the paths of files",
            received=f"{where} of type {type(data).__module__}.{type(data).__name__}",
            advice="If it was made of files, pass these, e.g. fit('photos/') for a folder with one folder per class. "
            "If not, make arrays of it: x, y = map(numpy.stack, zip(*dataset.unbatch().as_numpy_iterator())).",
        )
    )
