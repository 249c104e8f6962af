"""The text blocks: they build, train, and every hyperparameter does something."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from ak_text import (
    EmbeddingBlock,
    NgramBlock,
    SeparableConvBlock,
    SequenceVectorizer,
    TextBlock,
    TextInput,
    TextRNNBlock,
    TransformerEncoderBlock,
)
from ak_text.spaces import TEXT
from autokeras_core import Block, Choice, GraphError, SpaceError
from autokeras_core.data.profile import DataProfile
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing import check_block

# Enough words, repeated, that a smaller vocabulary is a smaller one.
TEXTS = np.array([" ".join(f"word{(7 * row + k) % 6000}" for k in range(300)) for row in range(40)], dtype=object)
ODD = np.array(["", "word1 unknown", "?", "😀" * 50, TEXTS[0]], dtype=object)
BLOCKS = [NgramBlock, EmbeddingBlock, SeparableConvBlock, TextRNNBlock, TransformerEncoderBlock]


def texts(rows: int, words: int) -> DataProfile:
    """Return the profile of some training texts."""
    part = TextInput().analyse(np.array(["some words " * (words // 2)] * 5, dtype=object), name="text")
    return DataProfile(rows=rows, inputs={"text": part}, targets={})


def built(block: Block, **values: Any) -> tuple[Any, keras.Model]:
    """Return a fitted vectorizer, and a model of the block with a dense layer behind."""
    hp = HyperparameterView(values=block.search_space().validate(values), seed=1)
    (vectorizer,) = block.preprocessors(hp)
    vectorizer.fit(TEXTS)
    features = vectorizer.transform(TEXTS)
    inputs = keras.Input(features.shape[1:], dtype=features.dtype.name)
    view = HyperparameterView(values=hp.values, seed=1, preprocessors=(vectorizer,))
    return vectorizer, keras.Model(inputs, keras.layers.Dense(1)(block.build(view, inputs)))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_block_keeps_the_contract(block: type[Block]) -> None:
    """The core's kit: config, training, an effect of every hyperparameter, saving and exporting with raw strings."""
    check_block(block(), data=TEXTS, start=TextInput())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_block_takes_odd_texts_in_mixed_precision(block: type[Block], tmp_path: Path) -> None:
    """One step in half precision leaves finite numbers for odd texts; the saved model with its layer gives the same."""
    keras.config.set_dtype_policy("mixed_float16")
    try:
        vectorizer, model = built(block(dropout=0.5))
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile("adam", "mse")
    model.fit(vectorizer.transform(TEXTS), np.arange(len(TEXTS)) / 40, batch_size=20, verbose=0)
    raw = keras.Input(shape=(), dtype="string")
    keras.Model(raw, model(vectorizer.to_layer()(raw))).save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    expected = model.predict(vectorizer.transform(ODD), verbose=0)
    assert np.isfinite(expected).all()
    # Half precision has steps of 1e-3 around 1, and the two sum in another order.
    np.testing.assert_allclose(loaded.predict(ODD, verbose=0), expected, atol=8e-3)


@pytest.mark.parametrize("block", BLOCKS[1:], ids=lambda block: block.__name__)
def test_vector_of_padding_never_counts(block: type[Block]) -> None:
    """What a network makes of a short text does not depend on the vector that stands for padding."""
    _, model = built(block(sequence_length=128, dropout=0.0))
    short = np.zeros((1, model.input_shape[1]), dtype=np.int32)
    short[0, :2] = 2, 3
    embedding = next(layer for layer in model.layers if isinstance(layer, keras.layers.Embedding))
    before = model.predict(short, verbose=0)

    (matrix,) = embedding.get_weights()
    matrix[0] += 10.0
    embedding.set_weights([matrix])

    np.testing.assert_allclose(model.predict(short, verbose=0), before, atol=1e-5)


def as_strict_as_cudnn(call: Any) -> Any:
    """Return the `call` of a recurrent layer that refuses masks as it does on a GPU."""

    @functools.wraps(call)
    def strict(self: Any, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        has_place = tf.reduce_all(tf.reduce_any(mask, axis=1))
        is_padded_at_the_end = tf.reduce_all(mask[:, :-1] | ~mask[:, 1:])
        tf.debugging.Assert(has_place & is_padded_at_the_end, ["the mask is refused"])
        return call(self, sequences, initial_state=initial_state, mask=mask, training=training)

    return strict


@pytest.mark.parametrize(("layer_type", "bidirectional"), [("gru", False), ("lstm", True)])
def test_text_without_tokens_is_taken_as_on_a_gpu(
    layer_type: str, bidirectional: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layers are given a place to read in each text; one without tokens becomes zeros all the same."""
    for layer in (keras.layers.GRU, keras.layers.LSTM):
        monkeypatch.setattr(layer, "call", as_strict_as_cudnn(layer.call))
    block = TextRNNBlock(
        layer_type=layer_type, bidirectional=bidirectional, num_layers=2, sequence_length=64, dropout=0.0
    )
    vectorizer, model = built(block)
    vectors = keras.Model(model.inputs, model.layers[-1].input)

    empty, other = vectors.predict(vectorizer.transform(np.array(["?", "word1 word2"], dtype=object)), verbose=0)

    assert not empty.any()
    assert other.all()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_no_two_layers_drop_the_same_places(block: type[Block]) -> None:
    """Each has a seed of its own: of one seed Keras would draw the same mask for all layers of a shape."""
    _, model = built(block(dropout=0.5, num_layers=2))

    seeds = [layer.seed for layer in model.layers if isinstance(layer, keras.layers.Dropout)]

    assert len(seeds) > 1
    assert len(set(seeds)) == len(seeds)


def test_ngrams_without_layers_are_a_linear_model() -> None:
    """With `num_layers=0` the only weights are those of the layer behind the block."""
    vectorizer, model = built(NgramBlock(num_layers=0, dropout=0.0))

    assert [tuple(weight.shape) for weight in model.weights] == [(vectorizer.vocabulary_size, 1), (1,)]


def test_choice_builds_the_chosen_block() -> None:
    """TextBlock with `block_type` is that block with the values below it."""
    _, alone = built(EmbeddingBlock(), units=128)
    _, chosen = built(TextBlock(pretrained=False), **{"block_type": "embedding", "embedding/units": 128})

    assert [tuple(weight.shape) for weight in chosen.weights] == [tuple(weight.shape) for weight in alone.weights]


def test_arguments_narrow_the_space() -> None:
    """A value fixes a hyperparameter, a domain narrows it, a wrong value is an error."""
    space = NgramBlock(ngrams=1, units=Choice([48, 96])).search_space()

    assert space["ngrams"].size == 1
    assert list(space["units"].grid()) == [48, 96]
    with pytest.raises(SpaceError):
        EmbeddingBlock(pooling="attention")


def test_fixed_choice_leaves_the_other_branches_out() -> None:
    """`block_type=` leaves only the chosen block's hyperparameters."""
    names = set(TextBlock(block_type="ngram").search_space())

    assert "ngram/units" in names
    assert not any(name.startswith("embedding/") for name in names)


@pytest.mark.parametrize(
    "block",
    [
        NgramBlock(units=Choice([48, 96])),
        SeparableConvBlock(filters=32),
        TextBlock(block_type="ngram", name="words"),
        TextBlock(pretrained=False),
    ],
    ids=["domain", "value", "choice", "setting"],
)
def test_config_round_trip(block: Block) -> None:
    """`from_config(get_config())` is the same block."""
    again = type(block).from_config(block.get_config())

    assert again.get_config() == block.get_config()
    assert again.search_space() == block.search_space()


@pytest.mark.parametrize(
    ("rows", "words", "default"),
    [(1_000, 10, "ngram"), (14_000, 10, "ngram"), (16_000, 10, "separable_conv"), (100_000, 300, "ngram")],
)
def test_default_follows_rows_per_word(rows: int, words: int, default: str) -> None:
    """N-grams come first below 1,500 texts for each word of the median text, convolutions from there on."""
    assert TextBlock().search_space(texts(rows, words)).defaults()["block_type"] == default


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [(1_000, {"text_rnn", "transformer"}), (3_000, {"transformer"}), (5_000, set())],
    ids=["few", "some", "many"],
)
def test_networks_that_want_many_texts_are_left_out_for_few(rows: int, left_out: set[str]) -> None:
    """Below 2,000 texts no recurrent network is tried from scratch, below 5,000 no self-attention."""
    space = TextBlock(pretrained=False).search_space(texts(rows, 20))

    everything = set(TEXT["block_type"].grid()) - {"bert"}
    assert everything - set(space["block_type"].grid()) == left_out


@pytest.mark.parametrize(
    ("pretrained", "has_encoder", "has_others"),
    [(None, True, True), (False, False, True), (True, True, False), ("some-group/some-encoder", True, True)],
    ids=["default", "never", "only", "name"],
)
def test_pretrained_decides_whether_an_encoder_is_tried(
    pretrained: bool | str | None, has_encoder: bool, has_others: bool
) -> None:
    """`pretrained` adds the encoder to the candidates, leaves it out, or leaves out all others."""
    names = set(TextBlock(pretrained=pretrained).search_space()["block_type"].grid())

    assert ("bert" in names) == has_encoder
    assert ("ngram" in names) == has_others


def test_own_candidates_have_their_own_spaces() -> None:
    """Given candidates are taken as they are, under their names."""
    block = TextBlock(candidates=["ak_text:ngram", EmbeddingBlock(units=48, name="small")])

    space = block.search_space(texts(100, 10))

    assert list(space["block_type"].grid()) == ["ngram", "small"]
    assert space["small/units"].size == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidates": []}, "no candidates"),
        ({"candidates": [NgramBlock(), NgramBlock()]}, "two candidates named 'ngram'"),
        ({"candidates": [7]}, "no block"),
        ({"candidates": [NgramBlock()], "pretrained": True}, "pretrained= too"),
    ],
    ids=["none", "twice", "number", "pretrained"],
)
def test_wrong_candidates_are_an_error(arguments: dict[str, Any], message: str) -> None:
    """What cannot be chosen among is an error that says why."""
    with pytest.raises(GraphError, match=message):
        TextBlock(**arguments)


@pytest.mark.parametrize(
    "text", ["这部电影非常好看我很喜欢它的演员和故事", "播放周杰伦的歌"], ids=["sentence", "query"]
)
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_script_without_spaces_is_cut_into_characters(block: type[Block], text: str) -> None:
    """Texts without spaces between words are cut into characters by default; others into words."""
    chinese = TextInput().analyse(np.array([text] * 4, dtype=object), name="text")
    profile = DataProfile(rows=4, inputs={"text": chinese}, targets={})

    assert block().search_space(profile).defaults()["tokens"] == "characters"
    assert block().search_space(texts(4, 10)).defaults()["tokens"] == "words"
    assert block(tokens="words").search_space(profile).defaults()["tokens"] == "words"


def test_costs_grow_with_what_is_built() -> None:
    """Costs of all blocks are known, and larger settings cost more."""
    profile = texts(4_000, 100)

    def cost(block: Block) -> float:
        values = block.search_space(profile).defaults()
        found = block.cost(HyperparameterView(values=values, profile=profile))
        assert found is not None
        return found

    assert (
        cost(NgramBlock(num_layers=0))
        < cost(NgramBlock(num_layers=1, units=64))
        < cost(NgramBlock(units=256, num_layers=1))
    )
    assert cost(EmbeddingBlock()) < cost(SeparableConvBlock()) < cost(SeparableConvBlock(filters=128))
    assert cost(TransformerEncoderBlock()) < cost(TransformerEncoderBlock(num_layers=4))
    assert cost(TextRNNBlock(sequence_length=64)) < cost(TextRNNBlock(sequence_length=512))


@pytest.fixture
def vectors(tmp_path: Path) -> str:
    """A file of word vectors, with words of the texts in it and others."""
    path = tmp_path / "vectors.txt"
    path.write_text("the 0.5 0.5 0.5\nword1 1 2 3\nword2 -1 0 1e-1\nword1 9 9 9\n", encoding="utf-8")
    return str(path)


def test_vectors_may_be_named_by_a_path(vectors: str) -> None:
    """What is saved is the text."""
    block = EmbeddingBlock(vectors=Path(vectors))

    assert block.get_config()["vectors"] == vectors
    assert built(block)[1].count_params() > 0


def test_vectors_that_are_no_file_are_an_error() -> None:
    """Where they are written, not when the block is built."""
    with pytest.raises(GraphError, match=r"word vectors that are no file.*vectors=7"):
        EmbeddingBlock(vectors=7)  # type: ignore[arg-type]


@pytest.mark.parametrize("train_vectors", [True, False], ids=["trained", "kept"])
def test_vectors_come_from_the_file(vectors: str, train_vectors: bool) -> None:
    """Words of the file have their vector, its first; others, unknown words and padding the mean of those."""
    vectorizer, model = built(EmbeddingBlock(vectors=vectors, train_vectors=train_vectors))

    embedding = next(layer for layer in model.layers if isinstance(layer, keras.layers.Embedding))
    (matrix,) = embedding.get_weights()

    assert matrix.shape == (vectorizer.vocabulary_size, 3)
    np.testing.assert_allclose(matrix[2 + vectorizer.vocabulary.index("word1")], [1, 2, 3])
    np.testing.assert_allclose(matrix[2 + vectorizer.vocabulary.index("word2")], [-1, 0, 0.1], atol=1e-7)
    np.testing.assert_allclose(matrix[1], [0, 1, 1.55], atol=1e-6)
    assert embedding.trainable == train_vectors


def test_block_with_vectors_keeps_the_contract(vectors: str) -> None:
    """The core's kit on a block with word vectors: whether they are trained is a hyperparameter with an effect."""
    block = EmbeddingBlock(vectors=vectors)

    assert "train_vectors" in block.search_space()
    assert "embedding_dim" not in block.search_space()
    check_block(block, data=TEXTS, start=TextInput())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read"),
        ("word1 1 2\nword2 1\n", "line 2"),
        ("word1 one two\n", "line 1"),
        ("other 1 2\n", "none of the words"),
    ],
    ids=["empty", "too short", "no numbers", "other words"],
)
def test_malformed_vectors_are_an_error(tmp_path: Path, content: str, message: str) -> None:
    """A file that holds no vectors of the texts' words is an error that says which line is wrong."""
    path = tmp_path / "vectors.txt"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(GraphError, match=message):
        built(EmbeddingBlock(vectors=str(path)))


def test_word2vec_header_is_skipped(tmp_path: Path) -> None:
    """The first line of a word2vec file, two numbers, is no vector."""
    path = tmp_path / "vectors.txt"
    path.write_text("2 3\nword1 1 2 3\nword2 4 5 6\n", encoding="utf-8")

    vectorizer, model = built(TransformerEncoderBlock(vectors=str(path), num_heads=2))

    assert isinstance(vectorizer, SequenceVectorizer)
    assert model.count_params() > 0


@pytest.mark.parametrize(
    "arguments",
    [{"vectors": "v.txt", "embedding_dim": 64}, {"vectors": "v.txt", "tokens": "words"}, {"train_vectors": True}],
    ids=["embedding_dim", "tokens", "train_vectors"],
)
def test_arguments_beside_vectors_must_go_together(arguments: dict[str, Any]) -> None:
    """What the file decides cannot be given as well, and there is nothing to train on without a file."""
    with pytest.raises(GraphError, match="do not go together"):
        EmbeddingBlock(**arguments)


def test_missing_vectors_are_an_error() -> None:
    """A file that is not there is an error that names it."""
    with pytest.raises(GraphError, match="is not there"):
        built(EmbeddingBlock(vectors="nowhere.txt"))
