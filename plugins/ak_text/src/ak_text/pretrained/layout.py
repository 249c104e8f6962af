"""What a checkpoint's `config.json` says about an encoder: its kind, its sizes. Light: standard library and attrs only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import attrs

from autokeras_core.errors import GraphError, describe_error

__all__ = ["BERT_BASE", "MINILM", "MODEL_TYPES", "EncoderLayout", "read_layout"]

_BERT = "bert"
_DISTILBERT = "distilbert"
_ROBERTA = "roberta"

MODEL_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "bert": _BERT,
        "camembert": _ROBERTA,
        "distilbert": _DISTILBERT,
        "roberta": _ROBERTA,
        "xlm-roberta": _ROBERTA,
    }
)
"""The values of `model_type` that can be read, and the layout that each has."""

_ACTIVATIONS: Mapping[str, str] = MappingProxyType(
    {
        "gelu": "gelu",
        "gelu_fast": "gelu_tanh",
        "gelu_new": "gelu_tanh",
        "gelu_pytorch_tanh": "gelu_tanh",
        "relu": "relu",
        "silu": "silu",
        "swish": "silu",
    }
)
_MOST_BYTES = 2**20


def _positive() -> Any:
    return attrs.field(validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])


@attrs.frozen(kw_only=True)
class EncoderLayout:
    """The sizes of a transformer encoder in the manner of BERT.

    Attributes:
        kind: `"bert"`, `"distilbert"` or `"roberta"`: how the arrays of a checkpoint are called, and how positions are
            counted.
        vocabulary_size: How many different tokens there are.
        hidden_size: The length of a token's vector.
        layers: The number of transformer layers.
        heads: The number of attention heads of each.
        intermediate_size: The width of the feed-forward part of each.
        activation: The activation in it: `"gelu"`, `"gelu_tanh"`, `"relu"` or `"silu"`.
        positions: For how many tokens of a text there are position vectors.
        padding: The number of the padding token.
        epsilon: What layer normalization adds to the variance.

    Example:
        ```python
        read_layout(Path("all-MiniLM-L6-v2")).hidden_size  # 384
        ```

    Reference:
        Devlin et al.: [BERT](https://arxiv.org/abs/1810.04805) (NAACL 2019); Liu et al.:
        [RoBERTa](https://arxiv.org/abs/1907.11692) (2019); Sanh et al.: [DistilBERT](https://arxiv.org/abs/1910.01108)
        (2019); Wang et al.: [MiniLM](https://arxiv.org/abs/2002.10957) (NeurIPS 2020).
    """

    kind: str = attrs.field(validator=attrs.validators.in_((_BERT, _DISTILBERT, _ROBERTA)))
    vocabulary_size: int = _positive()
    hidden_size: int = _positive()
    layers: int = _positive()
    heads: int = _positive()
    intermediate_size: int = _positive()
    activation: str = attrs.field(validator=attrs.validators.in_(tuple(_ACTIVATIONS.values())))
    positions: int = _positive()
    padding: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    epsilon: float = attrs.field(default=1e-12, validator=attrs.validators.gt(0))

    def __attrs_post_init__(self) -> None:
        if self.hidden_size % self.heads:
            message = f"hidden_size={self.hidden_size} is no multiple of heads={self.heads}"
            raise ValueError(message)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the layout that the content of a `config.json` describes.

        Raises:
            GraphError: If it is an encoder of another kind, or sizes are missing or senseless.
        """
        kind = MODEL_TYPES.get(str(config.get("model_type")))
        if kind is None:
            raise GraphError(
                describe_error(
                    "A checkpoint holds a network of another kind than BERT.",
                    expected=f"a config.json with model_type as one of {sorted(MODEL_TYPES)}",
                    received=f"model_type={config.get('model_type')!r}",
                    advice="Pick a checkpoint of one of these kinds.",
                )
            )
        problems = [
            f"{name}={config[name]!r}"
            for name, allowed in _FIXED.items()
            if name in config and config[name] not in allowed
        ]
        if problems:
            raise GraphError(
                describe_error(
                    "A checkpoint's config.json asks for something that BertBlock does not have.",
                    expected="an encoder with absolute positions",
                    received=", ".join(problems),
                )
            )
        try:
            return cls(kind=kind, **_sizes(kind, config))
        except (KeyError, TypeError, ValueError) as error:
            what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error.args[0])
            raise GraphError(
                describe_error(
                    "A checkpoint's config.json cannot be used.",
                    expected="the sizes of an encoder of the kind that it names",
                    received=what,
                    advice="Check that the file belongs to this checkpoint.",
                )
            ) from error

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the layout that `to_json` described."""
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """Return the layout as JSON data."""
        return attrs.asdict(self)

    @property
    def first_position(self) -> int:
        """The number of the first position vector: RoBERTa counts from behind the padding token's."""
        return self.padding + 1 if self.kind == _ROBERTA else 0

    @property
    def longest(self) -> int:
        """How many tokens of a text can be read."""
        return self.positions - self.first_position

    def multiply_adds(self, tokens: int) -> float:
        """Return the multiply-adds of the encoder for one text of so many tokens."""
        size, inner = self.hidden_size, self.intermediate_size
        return float(self.layers * tokens * (4 * size * size + 2 * size * inner + 2 * tokens * size))


BERT_BASE = EncoderLayout(
    kind=_BERT,
    vocabulary_size=30_522,
    hidden_size=768,
    layers=12,
    heads=12,
    intermediate_size=3_072,
    activation="gelu",
    positions=512,
)
"""The sizes that are assumed of an encoder as long as nothing is known of it."""

MINILM = attrs.evolve(BERT_BASE, hidden_size=384, layers=6, intermediate_size=1_536)
"""The sizes of MiniLM with six layers, which `BertBlock` uses by default."""

_FIXED: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "add_cross_attention": (False, None),
        "is_decoder": (False, None),
        "position_embedding_type": ("absolute", None),
    }
)


def read_layout(folder: Path) -> EncoderLayout:
    """Return the layout of the checkpoint in a folder.

    Raises:
        GraphError: If there is no `config.json` that can be read, or it is of another kind of network.
    """
    path = folder / "config.json"
    try:
        if path.stat().st_size > _MOST_BYTES:
            message = f"it has more than {_MOST_BYTES:,} bytes"
            raise ValueError(message)
        config = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            message = f"it holds a {type(config).__name__}"
            raise TypeError(message)
    except (OSError, TypeError, ValueError) as error:
        raise GraphError(
            describe_error(
                "The config.json of a checkpoint cannot be read.",
                expected=f"a JSON object in {str(path)!r}",
                received=f"{type(error).__name__}: {error}",
            )
        ) from error
    return EncoderLayout.from_config(config)


def _sizes(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    if kind == _DISTILBERT:
        names = ("dim", "n_layers", "n_heads", "hidden_dim", "activation")
    else:
        names = (
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "hidden_act",
        )
    size, layers, heads, inner, activation = names
    padding = config.get("pad_token_id")
    return {
        "vocabulary_size": config["vocab_size"],
        "hidden_size": config[size],
        "layers": config[layers],
        "heads": config[heads],
        "intermediate_size": config[inner],
        "activation": _activation(config.get(activation, "gelu")),
        "positions": config["max_position_embeddings"],
        "padding": (1 if kind == _ROBERTA else 0) if padding is None else padding,
        "epsilon": float(config.get("layer_norm_eps", 1e-12)),
    }


def _activation(name: object) -> str:
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        message = f"the activation {name!r} is none of {sorted(_ACTIVATIONS)}"
        raise ValueError(message)
    return _ACTIVATIONS[name]
