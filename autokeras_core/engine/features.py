"""Features: what preprocessors make of raw rows, computed once per distinct configuration and kept."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs
import numpy as np

from autokeras_core.data.rows import bytes_per_row, is_sequential, read_rows, rows_to_learn_from
from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.feature_cache import FeatureCache
from autokeras_core.engine.randomness import seeded_apart
from autokeras_core.engine.rows import even_step, protected, read_only, transform_rows
from autokeras_core.engine.shared_feature_cache import SharedFeatureCache
from autokeras_core.engine.supervised import fit_supervised, needs_targets
from autokeras_core.engine.transformed import TransformedRows
from autokeras_core.errors import GraphError, describe_error

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.data.rows import Rows
    from autokeras_core.engine.deadline import Deadline
    from autokeras_core.graph.operator import Input, Preprocessor

__all__ = ["Feature", "FeatureStore", "Part", "Stream"]

Array: TypeAlias = np.ndarray[Any, Any]
Part: TypeAlias = Literal["train", "validation"]

_LOGGER = logging.getLogger(__name__)

_ROWS_FOR_A_FIT = 50_000
_ROWS_PER_TARGET_SEEN = 20
_BYTES_IN_MEMORY_EACH = 64 * 2**20


@attrs.frozen
class Stream:
    """Rows of one input on their way through a chain of fitted preprocessors.

    The chain has two parts. The *host* part, up to the last preprocessor that cannot run inside the model, is computed
    once and kept; the *in-model* part, the rest, becomes layers of the model that is trained.

    Attributes:
        input_name: The input the rows come from.
        preprocessors: The fitted preprocessors, in order.
        keys: For each of them a hash of the chain up to it; equal for equal inputs, types and configurations.
        lacks_defaults: Whether no block has wanted preprocessors yet, so that the input's default ones are still to
            come: see `FeatureStore.with_defaults`.
    """

    input_name: str
    preprocessors: tuple[Preprocessor, ...] = ()
    keys: tuple[str, ...] = ()
    lacks_defaults: bool = False

    @property
    def host_length(self) -> int:
        """How many preprocessors belong to the host part."""
        host = [index for index, each in enumerate(self.preprocessors, start=1) if not each.in_model]
        return host[-1] if host else 0

    @property
    def key(self) -> str:
        """A hash of the whole chain."""
        return self.keys[-1] if self.keys else _hash(self.input_name)

    def head(self, length: int) -> Stream:
        """Return the first `length` steps of the chain."""
        return Stream(self.input_name, self.preprocessors[:length], self.keys[:length])


@attrs.frozen(kw_only=True)
class Feature:
    """One array that a model takes: an input's rows after the host part of a chain.

    Attributes:
        name: The name of the model's input.
        input_name: The input the rows come from.
        host: The fitted preprocessors between the raw rows and the model, in order; often none.
        keys: For each of them a hash of the chain up to it, see `Stream`; empty where one of them is no longer what was
            fitted (a network that was trained further), or where the feature was read from a file.
    """

    name: str
    input_name: str
    host: tuple[Preprocessor, ...] = ()
    keys: tuple[str, ...] = ()


class FeatureStore:
    """Fits preprocessors on training rows, and keeps what the host parts of chains make of all rows.

    Each distinct chain is fitted once and computed once, however many trials use it. A fitted preprocessor is shared
    between trials and never fitted again. One with `in_model=True` is fitted on at most 50,000 training rows, taken
    evenly; any other on all of them. Where the rows must be read from a source, it is at most 1,000 of them, and 8 MiB;
    100,000 and 64 MiB where it is quick to read in runs. What is made of such a source is computed anew whenever it is
    read, if it takes more than 64 MiB.
    Validation rows are never used for a fit.

    One that learns from targets (`needs_targets = True`) is fitted with those of its rows, and maps training rows by
    `transform_training`. Of a source with more rows than are read for a fit, it gets one in twenty, and all rows are mapped
    by `transform`: hardly any of them had a part in what was learned.

    Preprocessors see the arrays as read-only views, so that none can change the caller's data.

    Args:
        inputs: The graph's inputs by name.
        profile: What analysis found out about them.
        train: Adapted training rows by input: arrays, or sources that read rows when they are needed.
        validation: Adapted validation rows by input; an empty mapping where there are none.
        targets: Encoded training targets by head, for preprocessors that learn from them, see `data.stand_ins.known_targets`.
        directory: Where to keep results above 64 MiB (or those beyond 512 MiB together), as memory-mapped files that
            go when the store goes; `None` to keep all in memory. Beyond 10 GiB, those that were not used for the longest
            time are deleted, and computed again if they are needed.

    Attributes:
        fits: How many preprocessors this store has fitted.
        computations: How often it has made training rows go through a host part, or has got them from a fit.

    Example:
        ```python
        store = FeatureStore({"image": ImageInput()}, profile, {"image": pictures}, {"image": others}, None)
        stream = store.extend(store.stream("image"), [Normalizer()])  # fitted on training pictures
        ```
    """

    def __init__(
        self,
        inputs: Mapping[str, Input],
        profile: DataProfile,
        train: Mapping[str, Rows],
        validation: Mapping[str, Rows],
        directory: Path | None,
        *,
        targets: Mapping[str, Array] | None = None,
    ) -> None:
        """Keep the arrays and sources (not copies of them)."""
        self._inputs = dict(inputs)
        self._profile = profile
        self._targets = dict(targets or {})
        self._raw: dict[Part, dict[str, Rows]] = {
            "train": {name: protected(rows) for name, rows in train.items()},
            "validation": {name: protected(rows) for name, rows in validation.items()},
        }
        self._cache = FeatureCache(directory)
        self._fitted: dict[str, Preprocessor] = {}
        self._streamed: dict[tuple[str, Part], TransformedRows | None] = {}
        self._deadline: Deadline | None = None
        self.fits = 0
        self.computations = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make a store of the same rows in another process; it begins with nothing fitted or computed."""
        arguments = (self._inputs, self._profile, self._raw["train"], self._raw["validation"], self.directory)
        return functools.partial(FeatureStore, targets=self._targets), arguments

    @property
    def directory(self) -> Path | None:
        """Where large results are kept; `None` for in memory."""
        return self._cache.directory

    def share_in(self, directory: Path) -> None:
        """Keep all results in a folder where the stores of other processes keep and find theirs, too.

        To be called before anything is fitted. Then each chain is fitted and computed once by all of them together.

        Args:
            directory: A folder for the processes of one search, on one machine.
        """
        self._cache = SharedFeatureCache(directory)

    @contextmanager
    def until(self, deadline: Deadline | None) -> Iterator[None]:
        """Give up computing features inside the `with` block as soon as it is clear that it would take too long.

        It is the block of a trial: files of features that none has asked for inside it may be deleted to make room.
        """
        self._deadline = deadline
        self._cache.begin_trial()
        try:
            yield
        finally:
            self._deadline = None

    def stream(self, input_name: str) -> Stream:
        """Return the stream of an input, through what is always done to its rows."""
        operator = self._inputs[input_name]
        stream = self.extend(Stream(input_name), operator.preprocessors(self._profile.inputs[input_name]))
        return attrs.evolve(stream, lacks_defaults=True)

    def with_defaults(self, stream: Stream) -> Stream:
        """Return a stream that no block's preprocessors stand in, through the input's default preprocessors.

        Any other stream is returned as it is.
        """
        if not stream.lacks_defaults:
            return stream
        operator = self._inputs[stream.input_name]
        defaults = operator.default_preprocessors(self._profile.inputs[stream.input_name])
        return attrs.evolve(self.extend(stream, defaults), lacks_defaults=False)

    def extend(self, stream: Stream, preprocessors: Sequence[Preprocessor]) -> Stream:
        """Return the stream through more preprocessors, each fitted if no equal one has been yet.

        Args:
            stream: Where the rows come from.
            preprocessors: Preprocessors that are not fitted; they are replaced by equal fitted ones where there are.

        Raises:
            GraphError: If one cannot be fitted.
        """
        for preprocessor in preprocessors:
            key = _hash(stream.key, f"{type(preprocessor).__module__}:{type(preprocessor).__qualname__}", preprocessor)
            if key not in self._fitted:
                self._fit_once(preprocessor, stream, key)
                self._fitted[key] = preprocessor
            stream = Stream(stream.input_name, (*stream.preprocessors, self._fitted[key]), (*stream.keys, key))
        return stream

    def input_spec(self, feature: Feature) -> tuple[tuple[int | None, ...], str]:
        """Return shape (without the batch axis) and dtype of the rows that the model takes for a feature."""
        if not feature.host:
            spec = self._inputs[feature.input_name].raw_spec(self._profile.inputs[feature.input_name])
            if isinstance(spec, Mapping):
                raise GraphError(
                    describe_error(
                        f"Nothing turns the rows of the input {feature.input_name!r} into one array.",
                        expected="a preprocessor that is not in_model, of the input or of a block right behind it",
                        received=f"{len(spec)} columns of their own types, and no preprocessor",
                        advice="Return one from default_preprocessors() of the input.",
                    )
                )
            shape, dtype = spec
            return tuple(shape), dtype
        rows = self.rows(feature, "train")
        return rows.shape[1:], rows.dtype.name

    def features(self, features: Sequence[Feature], part: Part) -> dict[str, Rows]:
        """Return the rows that a model takes, by the name of the model's input.

        Args:
            features: A compiled graph's features.
            part: `"train"` or `"validation"`.
        """
        return {feature.name: self.rows(feature, part) for feature in features}

    def rows(self, feature: Feature, part: Part) -> Rows:
        """Return one feature's rows, computed now if they have not been before.

        They are an array, but for a source without host preprocessors, or one that is quick to read in runs: those are
        returned as sources, to be streamed. Rows of a feature without keys are computed now and not kept: they are not
        those that others get by the same configuration.
        """
        raw = self._raw[part][feature.input_name]
        if not feature.host:
            return raw
        if len(feature.keys) != len(feature.host):
            return transform_rows(raw, feature.host, deadline=self._deadline)
        return self._host_rows(Stream(feature.input_name, feature.host, feature.keys), part)

    def _host_rows(self, stream: Stream, part: Part) -> Rows:
        """Return the rows after a host part: computed and kept, or to be computed whenever they are read."""
        raw = self._raw[part][stream.input_name]
        wanted = (stream.key, part)
        if not is_sequential(raw) or isinstance(raw, np.ndarray) or self._is_begun(stream, part):
            return self._computed(stream, part)
        if wanted not in self._streamed:
            with _drawing_apart(stream.key):
                rows = TransformedRows.of(raw, stream.preprocessors)
            self._streamed[wanted] = rows if len(rows) * bytes_per_row(rows) > _BYTES_IN_MEMORY_EACH else None
        streamed = self._streamed[wanted]
        return self._computed(stream, part) if streamed is None else streamed

    def _computed(self, stream: Stream, part: Part) -> Array:
        """Return the rows after a host part, from the longest piece of it that is already there."""
        wanted = (stream.key, part)
        if wanted not in self._cache:
            with self._cache.turn(wanted, self._deadline), _drawing_apart(stream.key):
                if wanted not in self._cache:  # as it still is, if no other process has computed it meanwhile
                    self._compute(stream, part)
        return self._cache[wanted]

    def _compute(self, stream: Stream, part: Part) -> None:
        start, rest = self._nearest(stream, part)
        allocate = self._cache.allocator((stream.key, part), largest_in_memory=_BYTES_IN_MEMORY_EACH)
        rows = transform_rows(start, rest, allocate=allocate, deadline=self._deadline)
        self._cache.keep((stream.key, part), rows)
        self.computations += part == "train"

    def _is_begun(self, stream: Stream, part: Part) -> bool:
        """Return whether rows after a piece of the host part are there already."""
        return any((key, part) in self._cache for key in stream.keys)

    def _nearest(self, stream: Stream, part: Part) -> tuple[Rows, tuple[Preprocessor, ...]]:
        for length in range(len(stream.preprocessors) - 1, 0, -1):
            shorter = stream.head(length)
            if (shorter.key, part) in self._cache:
                return self._cache[shorter.key, part], stream.preprocessors[length:]
        return self._raw[part][stream.input_name], stream.preprocessors

    def _fit_once(self, preprocessor: Preprocessor, stream: Stream, key: str) -> None:
        """Fit a preprocessor, unless another process has fitted its like: then it learns what that one has learned."""
        with self._cache.turn((key, "fit"), self._deadline), _drawing_apart(key):
            state = self._cache.find_state(key)
            if state is not None:
                preprocessor.set_state(state)
                return
            self._fit(preprocessor, stream, key)
            self._cache.keep_state(key, preprocessor.get_state)

    def _fit(self, preprocessor: Preprocessor, stream: Stream, key: str) -> None:
        host = stream.head(stream.host_length)
        rows = self._host_rows(host, "train") if host.preprocessors else self._raw["train"][stream.input_name]
        step = _step_of_a_fit(rows, preprocessor)
        rest = stream.preprocessors[stream.host_length :]
        given = read_only(transform_rows(read_rows(rows, slice(None, None, step)), rest))
        mapped: Array | None = None
        try:
            if needs_targets(preprocessor):
                targets = {name: target[::step] for name, target in self._targets.items()}
                mapped = fit_supervised(preprocessor, given, targets)
            else:
                preprocessor.fit(given)
        except (GraphError, OutOfTimeError):
            raise
        except Exception as error:
            raise GraphError(
                describe_error(
                    f"The preprocessor {type(preprocessor).__name__} could not be fitted on the training rows of the "
                    f"input {stream.input_name!r}.",
                    expected="rows it can learn from",
                    received=f"{type(error).__name__}: {error}",
                )
            ) from error
        if mapped is not None and step == 1:
            # Not to be computed again: `transform` would tell these rows their own targets.
            self._cache.keep((key, "train"), self._stored(mapped, key), is_fixed=True)
            self.computations += 1
        self.fits += 1
        _LOGGER.debug("Fitted %s for the input %s.", type(preprocessor).__name__, stream.input_name)

    def _stored(self, array: Array, key: str) -> Array:
        """Return an array of training rows where those of its size are kept."""
        allocate = self._cache.allocator((key, "train"), largest_in_memory=_BYTES_IN_MEMORY_EACH)
        place = allocate(array.shape, array.dtype)
        if not isinstance(place, np.memmap):
            return array
        place[:] = array
        return place


def _drawing_apart(key: str) -> AbstractContextManager[None]:
    """Return the context of what is done once for all trials: what it draws follows from the chain alone."""
    return seeded_apart(int(key, 16))


def _step_of_a_fit(rows: Rows, preprocessor: Preprocessor) -> int:
    """Return which training rows a preprocessor is fitted on: each `step`-th."""
    most = len(rows)
    if not isinstance(rows, np.ndarray):
        most = rows_to_learn_from(rows)
        if needs_targets(preprocessor) and most < len(rows):
            most = min(most, len(rows) // _ROWS_PER_TARGET_SEEN)
    elif preprocessor.in_model:
        most = _ROWS_FOR_A_FIT
    return even_step(len(rows), most=most)


def _hash(above: str, kind: str = "", preprocessor: Preprocessor | None = None) -> str:
    config = preprocessor.get_config() if preprocessor is not None else {}
    text = json.dumps([above, kind, config], sort_keys=True, default=_as_json)
    return hashlib.sha256(text.encode()).hexdigest()


def _as_json(value: Any) -> Any:
    plain = getattr(value, "tolist", None)  # NumPy scalars and arrays
    if callable(plain):
        return plain()
    message = f"{type(value).__name__} is no JSON data"
    raise TypeError(message)
