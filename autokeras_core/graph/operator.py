"""The protocols a graph is made of, and their convenient base classes. Light: no Keras here.

Protocols say what the core calls (`Block`, `Head`, `Input`, `Preprocessor`); a class that has the methods will do.
The base classes below add what nearly all want: arguments that are tuned where left open, `get_config` and naming (from
`Operator`), and the call on nodes. An operator is immutable and never learns anything from data: what a search learns
lives in the search, what a preprocessor learns lives in the preprocessor, which is made anew for each configuration.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph._base import Operator
from autokeras_core.graph.node import Node, NodeLike
from autokeras_core.graph.preprocessor import Preprocessor

if TYPE_CHECKING:
    import numpy as np

    from autokeras_core.data.profile import DataProfile, InputProfile, TargetProfile
    from autokeras_core.data.rows import Rows
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["Block", "Head", "Input", "Operator", "Preprocessor", "RawRows", "RawSpec", "Tensor", "TensorSpec"]

Tensor: TypeAlias = Any
"""A Keras tensor (or a list of them). Keras ships no types: this is the one border where `Any` stands for it."""

TensorSpec: TypeAlias = tuple[tuple[int | None, ...], str]
"""Shape without the batch axis, and dtype as NumPy names it or `"string"`."""

RawSpec: TypeAlias = TensorSpec | Mapping[str, TensorSpec]
"""What the exported model takes for one input: a tensor, or a dict of columns."""

RawRows: TypeAlias = "Rows | Mapping[str, np.ndarray[Any, Any]]"
"""Rows as the exported model takes them."""


class Block(Operator):
    """A piece of network (or of preprocessing) that a graph is built from.

    A block declares `space` and reads it with `hp["name"]`, or leaves `space` empty and is define-by-run: it asks in
    `build`, by `hp.Int("units", 32, 256)`.

    Example:
        ```python
        class TwoLayers(Block):
            space = Space({"units": Choice([32, 64]), "dropout": Float(0.0, 0.5, step=0.25)})

            def build(self, hp, inputs):
                x = keras.layers.Dense(hp["units"], activation="relu")(inputs)
                x = keras.layers.Dropout(hp["dropout"], seed=hp.seed)(x)
                return keras.layers.Dense(hp["units"], activation="relu")(x)


        output = TwoLayers(units=64)(node)  # units is fixed, dropout is tuned
        ```
    """

    def __call__(self, inputs: NodeLike | Sequence[NodeLike]) -> Node:
        """Apply the block to a node or a list of nodes; return its output node."""
        is_list = isinstance(inputs, (list, tuple))
        nodes = tuple(_as_node(self, node) for node in (inputs if is_list else [inputs]))  # type: ignore[union-attr]
        if not nodes:
            raise GraphError(
                describe_error(
                    f"{self!r} was called on an empty list.", expected="at least one node", received="inputs=[]"
                )
            )
        return Node(self, nodes, is_list)

    @abstractmethod
    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor for the input tensor, or for the list of them if called on a list.

        Use built-in Keras layers and `keras.ops` only: then the exported model loads with Keras alone.
        """

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the preprocessors this block wants in front of it, for this configuration; by default none.

        Only a block that stands behind one input (or behind other preprocessing blocks of one input) may want any.
        """
        return ()

    def check_available(self, profile: DataProfile) -> None:
        """Look whether all is here that every trial with this block needs, e.g. pretrained weights; by default nothing.

        Called once before the first trial of a search, and nowhere else: so it may download, which `search_space`, that
        is also asked of a loaded model, must not. A block that chooses among others asks those that may be chosen.

        Raises:
            UnavailableError: If something cannot be had; it ends the search.
        """

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one row costs in this configuration; `None`, the default, where that is not known.

        The unit is about the time of a multiply-add in the forward pass of a convolution. A search with a time limit
        orders predefined configurations by it, and leaves out what there is no time for. Must be pure and quick, and
        build nothing; `hp.profile` says what the data are.
        """
        return None

    def members(self, hp: HyperparameterView) -> int | None:
        """Return how many predictions for each row this block prepares, in this configuration; by default `None`.

        With a number, `build` returns `(batch, members, units)`. A head right behind the block that `takes_members`
        predicts once for each member: all of them are trained, and their mean is the model's prediction. Any other block
        behind it gets the mean over the members. Must be pure and quick, and build nothing.

        Reference:
            Gorishniy, Kotelnikov, Babenko: TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling.
            ICLR 2025.
        """
        return None

    @property
    def is_transparent(self) -> bool:
        """Whether `build` returns its input unchanged, so that blocks behind it may want preprocessors too."""
        return False


class Head(Block):
    """The last block of a graph: what is predicted, its loss and metrics, the way from labels to tensors and back.

    Attributes:
        takes_members: Whether `build`, where `hp.members` is a number, takes `(batch, members, units)` and returns
            `(batch, members, outputs)`, see `Block.members`. Other heads get the mean over the members.
    """

    takes_members: ClassVar[bool] = False

    @abstractmethod
    def analyse(self, labels: Any, *, name: str) -> TargetProfile:
        """Find out what kind of target the raw training labels are.

        Raises:
            DataError: If they cannot be used: NaN, one class only, a wrong rank.
        """

    @abstractmethod
    def encode(self, labels: Any, profile: TargetProfile) -> np.ndarray[Any, Any]:
        """Return labels as the array the loss takes, shape `(rows, profile.outputs)`.

        Raises:
            DataError: If a label was unseen in training, or has another type or shape.
        """

    @abstractmethod
    def decode(self, outputs: np.ndarray[Any, Any], profile: TargetProfile) -> np.ndarray[Any, Any]:
        """Return the model's output as labels of the user's own type: one per row, whatever the other rows are.

        Of very many rows it is called for a part of them at a time.
        """

    @abstractmethod
    def loss(self, hp: HyperparameterView, profile: TargetProfile) -> Any:
        """Return a Keras loss."""

    def evaluation_loss(self, hp: HyperparameterView, profile: TargetProfile) -> Any:
        """Return the loss that says how good predictions are, where `loss` says it badly; by default `None`.

        Label smoothing, for one, helps training, and makes losses of two configurations incomparable. Validation and
        `evaluate` report this loss.
        """
        return None

    def guess_loss(self, profile: TargetProfile) -> float:
        """Return what the loss is of the best prediction that looks at no row; above 0, by default 1.

        Losses of several heads are divided by it before they are added, so that each counts alike whatever its units. Must not
        depend on hyperparameters.
        """
        return 1.0

    @abstractmethod
    def metrics(self, profile: TargetProfile) -> list[Any]:
        """Return new Keras metrics, each with its own stable `name`."""

    def with_metric(self, name: str, profile: TargetProfile) -> Self | None:
        """Return a head with one more metric, which logs call by that name; by default `None`: it knows none.

        Called where the objective of a search is no metric of this head.
        """
        return None

    @abstractmethod
    def default_objective(self, profile: TargetProfile) -> tuple[str, str]:
        """Return the metric to optimise when this is the only head, and `"min"` or `"max"`."""


class Input(Operator):
    """The start of a graph: takes the user's raw data of one modality. Stands for its own node.

    Attributes:
        modality: `"image"`, `"text"`, `"structured"` or `"array"`.
        default_block: The registered name of the block that `AutoModel` puts behind it if the user names none, or
            the names of several, in order.
        takes_columns: Whether a dict of columns is data of this input, instead of a dict of inputs by name.
        least_steps: How many training steps a model of such rows wants; where there are few rows, more epochs are planned.
        tasks: The registered task whose predefined configurations fit this input alone with one head, by the head's
            `base_name`, e.g. `{"classification": "ak_vision:ImageClassifier"}`.
    """

    modality: ClassVar[str] = "array"
    default_block: ClassVar[str | tuple[str, ...]] = ""
    takes_columns: ClassVar[bool] = False
    least_steps: ClassVar[int] = 0
    tasks: ClassVar[Mapping[str, str]] = {}

    @property
    def node(self) -> Node:
        """The node that this input is."""
        node: Node | None = getattr(self, "_node", None)
        if node is None:
            node = self._node = Node(self)
        return node

    def settle(self, x: Any, y: Any) -> Mapping[str, Any]:
        """Return the constructor's arguments that training data settle where the user left them open; by default none.

        Called with the user's training data before anything else is; y is `None` where this is not the graph's only
        input. The data, and all later ones, are then taken by an input that has these arguments too: so a table that is
        predicted on is read as the training table was, whatever other columns it has. They are kept in the profile, so
        they must be JSON data. What is wrong with the data is for `unpack` and `adapt` to say.
        """
        return {}

    def unpack(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return the user's data and labels, where the labels are part of the data or named by it; else as they are.

        Called where this is the graph's only input, with `y=None` if the user passed no labels. A folder with one
        folder per class is such data, or a table together with the name of its target column.
        Labels of very many rows may be `autokeras_core.plugin.CodedLabels`.

        Raises:
            DataError: If the data should hold labels, and does not.
        """
        return x, y

    def row_names(self, data: Any) -> Sequence[str] | None:
        """Return what the rows of the user's data are called, e.g. paths of files; by default `None`: they have no names."""
        return None

    @abstractmethod
    def adapt(self, data: Any) -> Rows:
        """Return the user's data as rows, without changing or (where possible) copying it.

        They are an array, or a `RowSource` where they should not all be in memory.

        Raises:
            DataError: If it is not data of this modality: wrong rank, NaN, an unknown kind.
        """

    # Adapted rows are `Any` in these methods, so that an input whose `adapt` makes arrays only may say so in its own.

    @abstractmethod
    def analyse(self, data: Any, *, name: str) -> InputProfile:
        """Find out what adapted training rows are, with reasons."""

    def review(
        self,
        data: Any,
        profile: InputProfile,
        *,
        targets: Mapping[str, np.ndarray[Any, Any]],
        target_profiles: Mapping[str, TargetProfile],
    ) -> InputProfile:
        """Return the profile of the training rows once their targets are known; by default as it is.

        Here an input may warn of what only both together show, e.g. of a column that is the target in other words.

        Args:
            data: Adapted training rows.
            profile: What `analyse` returned.
            targets: Encoded training targets by head; NaN in rows with the weight 0 for it, which have none.
            target_profiles: What is known of them.

        Raises:
            DataError: If nothing can be learned from the rows.
        """
        return profile

    def widen(self, data: Any, profile: InputProfile) -> InputProfile:
        """Return the training rows' profile, widened for rows that were drawn from the same data; by default as it is.

        Called where the rows for validation are split off at random, before they are matched. Which rows are drawn must
        not decide whether the data can be used: what is put up with in a training row, such as a cell that is no number,
        is put up with in these as well. Nothing else is to be learned from them.

        Args:
            data: Adapted rows for validation.
            profile: What `review` returned.

        Raises:
            DataError: If the rows could not have been training rows either.
        """
        return profile

    @abstractmethod
    def check(self, data: Any, profile: InputProfile) -> None:
        """Check adapted rows against the training rows' profile.

        Raises:
            DataError: If the rows have another shape or kind than those the model was trained on.
        """

    def match(self, data: Any, profile: InputProfile) -> Rows:
        """Return adapted rows as the model takes them: checked, and brought to the training rows' form where need be.

        Called for all rows but those of training. By default they are checked and returned as they are.

        Raises:
            DataError: As `check`, or if a row cannot be read.
        """
        self.check(data, profile)
        rows: Rows = data
        return rows

    def parse(self, data: Rows, profile: InputProfile) -> Rows:
        """Return rows with what takes long to read in them read once and for all; by default as they are.

        Called for training rows, and for matched ones. Preprocessors are given these rows, some of them many times, and
        must make the same of them as of those that came in. A search knows its data by the rows that came in.
        """
        return data

    def preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Return what is always done to rows of this input, e.g. adding a channel axis; by default nothing."""
        return ()

    def default_preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Return what is done to rows where no block behind this input wants preprocessors of its own.

        An input whose raw rows no generic block can take, such as a table with text, turns them into numbers here.
        Blocks made for it bring their own preprocessors instead, and these are then tuned with the block. They come
        behind those of `preprocessors`. A preprocessor of a block that says `after_defaults = True`, such as that of
        `Normalization`, gets what these make. By default none.
        """
        return ()

    def raw_spec(self, profile: InputProfile) -> RawSpec:
        """Return shape (without the batch axis) and dtype of the exported model's raw input.

        Rows that are no single array, such as a table with numbers and text, are a dict of columns in the exported model:
        then it is a dict of shapes and dtypes by column name, e.g. `{"age": ((1,), "float32"), "sex": ((1,), "string")}`.
        The first preprocessor behind such an input must not be `in_model`; its layer is called on the dict of tensors.
        """
        return profile.shape, profile.dtype

    def raw_rows(self, data: Rows, profile: InputProfile) -> RawRows:
        """Return adapted rows as the exported model takes them: by default as they are.

        Where `raw_spec` is a dict, it is a dict of arrays by column name, of shape `(rows, 1)`: text is an object array
        of `str`, `""` where it is missing.
        """
        return data


def _as_node(block: Block, value: object) -> Node:
    if isinstance(value, Node):
        return value
    if isinstance(value, Input):
        return value.node
    raise GraphError(
        describe_error(
            f"{block!r} was called on something that is no node.",
            expected="an input or the output of another block",
            received=f"{value!r}",
            advice="Start from an input, e.g. ImageInput(), and pass what each block returns to the next.",
        )
    )
