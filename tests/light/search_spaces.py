"""Hypothesis strategies for search spaces, shared by the tests of `autokeras_core.search`."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st

from autokeras_core.search.domains import Boolean, Choice, Domain, Fixed, Float, Int
from autokeras_core.search.space import Space

_NAMES = [
    "block_type",
    "conv/filters",
    "conv/kernel_size",
    "conv/layer/units",
    "resnet/version",
    "resnet/layer/units",
    "resnet/layer/dropout",
    "training/optimizer",
    "training/rate",
]


@st.composite
def domains(draw: st.DrawFn, *, finite: bool = False) -> Domain:
    """Return any domain without conditions; `finite` leaves continuous ranges out."""
    kinds = ["choice", "words", "boolean", "int", "stepped", "fixed"] + ([] if finite else ["float", "log"])
    kind = draw(st.sampled_from(kinds))
    if kind == "choice":
        values = draw(st.lists(st.integers(-5, 5), min_size=1, max_size=4, unique=True))
        return Choice(values, default=draw(st.sampled_from(values)))
    if kind == "words":
        return Choice(draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=4, unique=True)))
    if kind == "boolean":
        return Boolean(default=draw(st.booleans()))
    if kind == "int":
        low, step = draw(st.integers(1, 9)), draw(st.integers(1, 3))
        return Int(low, low + draw(st.integers(0, 4)), step=step, log=step == 1 and draw(st.booleans()))
    if kind == "stepped":
        return Float(0.0, draw(st.sampled_from([0.1, 0.3, 0.7, 1.0])), step=0.1)
    if kind == "fixed":
        return Fixed(draw(st.sampled_from([True, 3, 0.5, "a"])))
    lowest = draw(st.floats(0.001, 1.0))
    return Float(lowest, lowest * draw(st.floats(2.0, 100.0)), log=kind == "log")


@st.composite
def spaces(draw: st.DrawFn, *, finite: bool = False, min_size: int = 1, max_size: int = 6) -> Space:
    """Return a space whose hyperparameters may depend on earlier ones."""
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=min_size, max_size=max_size, unique=True))
    chosen: dict[str, Domain] = {}
    for name in names:
        domain: Domain = draw(domains(finite=finite))
        parents = [parent for parent, known in chosen.items() if 1 < known.size < 10]
        for parent in draw(st.lists(st.sampled_from(parents), max_size=2, unique=True)) if parents else []:
            allowed = draw(st.lists(st.sampled_from(list(chosen[parent].grid())), min_size=1, max_size=2, unique=True))
            domain = attrs.evolve(domain, when=(*domain.when, (parent, tuple(allowed))))
        chosen[name] = domain
    return Space(chosen)
