"""What the author of a plugin imports, beside `autokeras_core` itself. Light: what few plugins need is imported on first use.

Descriptors and hyperparameters are for every plugin. Profiles, `CodedLabels` and what reads tables (`frame_columns`,
`read_csv_columns`, ...) are for one with an input, `layer_seed` and `FailedDownloads` for one whose blocks are random in
several places or load weights, `Executor` and what is handed to it and back for one that runs trials. Most of the rest is
for annotations.

Example:
    ```python
    from autokeras_core.plugin import BlockSpec, Choice, Space, hookimpl


    @hookimpl
    def autokeras_register_blocks():
        return [
            BlockSpec(
                name="gated",
                target="ak_gated.blocks:GatedBlock",
                summary="A gated dense block.",
                space=Space({"units": Choice([32, 64])}),
            )
        ]
    ```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core._lazy import lazy_names
from autokeras_core.hookspecs import hookimpl
from autokeras_core.search.domains import Boolean, Choice, Domain, Fixed, Float, Int
from autokeras_core.search.space import Space
from autokeras_core.specs import (
    BlockSpec,
    ExecutorSpec,
    ExporterSpec,
    HeadSpec,
    InputSpec,
    PreprocessorSpec,
    TaskSpec,
    WarmStartSpec,
)

if TYPE_CHECKING:
    from autokeras_core.builtin.choice import ChoiceBlock
    from autokeras_core.builtin.choice_space import choice_space
    from autokeras_core.data.coded import CodedLabels
    from autokeras_core.data.csv_table import label_column, read_csv_columns, read_csv_names
    from autokeras_core.data.labelled_table import LabelledTable, columns_named_by
    from autokeras_core.data.named_columns import frame_column_names, frame_columns
    from autokeras_core.data.profile import DataProfile, Decision, InputProfile, TargetProfile
    from autokeras_core.data.rows import Rows
    from autokeras_core.data.scripts import unspaced_share
    from autokeras_core.downloads import DownloadFailure, FailedDownloads
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.engine.precision import training_in
    from autokeras_core.engine.trial import run_trial
    from autokeras_core.executors.base import Executor, TrialObserver
    from autokeras_core.exporting import Exporter
    from autokeras_core.graph.fine_tuning import Depth, FineTunable, HasLayerGroups, OffersFineTuning
    from autokeras_core.graph.operator import RawRows, RawSpec, Tensor, TensorSpec
    from autokeras_core.graph.preprocessor import Preprocessor, SupervisedPreprocessor
    from autokeras_core.graph.seeds import layer_seed
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.records import Failure, TrialJob, TrialOutcome, failed_outcome

__all__ = [
    "BlockSpec",
    "Boolean",
    "Choice",
    "ChoiceBlock",
    "CodedLabels",
    "DataProfile",
    "Decision",
    "Depth",
    "Domain",
    "DownloadFailure",
    "Executor",
    "ExecutorSpec",
    "Exporter",
    "ExporterSpec",
    "FailedDownloads",
    "Failure",
    "FineTunable",
    "Fixed",
    "Float",
    "HasLayerGroups",
    "HeadSpec",
    "HyperparameterView",
    "InputProfile",
    "InputSpec",
    "Int",
    "LabelledTable",
    "OffersFineTuning",
    "Preprocessor",
    "PreprocessorSpec",
    "RawRows",
    "RawSpec",
    "Rows",
    "Space",
    "SupervisedPreprocessor",
    "TargetProfile",
    "TaskSpec",
    "Tensor",
    "TensorSpec",
    "TrialContext",
    "TrialJob",
    "TrialObserver",
    "TrialOutcome",
    "WarmStartSpec",
    "choice_space",
    "columns_named_by",
    "failed_outcome",
    "frame_column_names",
    "frame_columns",
    "hookimpl",
    "label_column",
    "layer_seed",
    "lazy_names",
    "read_csv_columns",
    "read_csv_names",
    "run_trial",
    "training_in",
    "unspaced_share",
]

_TARGETS = {
    "ChoiceBlock": "autokeras_core.builtin.choice",
    "CodedLabels": "autokeras_core.data.coded",
    "DataProfile": "autokeras_core.data.profile",
    "Decision": "autokeras_core.data.profile",
    "Depth": "autokeras_core.graph.fine_tuning",
    "DownloadFailure": "autokeras_core.downloads",
    "Executor": "autokeras_core.executors.base",
    "Exporter": "autokeras_core.exporting",
    "FailedDownloads": "autokeras_core.downloads",
    "Failure": "autokeras_core.search.records",
    "FineTunable": "autokeras_core.graph.fine_tuning",
    "HasLayerGroups": "autokeras_core.graph.fine_tuning",
    "HyperparameterView": "autokeras_core.graph.view",
    "InputProfile": "autokeras_core.data.profile",
    "LabelledTable": "autokeras_core.data.labelled_table",
    "OffersFineTuning": "autokeras_core.graph.fine_tuning",
    "Preprocessor": "autokeras_core.graph.preprocessor",
    "RawRows": "autokeras_core.graph.operator",
    "RawSpec": "autokeras_core.graph.operator",
    "Rows": "autokeras_core.data.rows",
    "SupervisedPreprocessor": "autokeras_core.graph.preprocessor",
    "TargetProfile": "autokeras_core.data.profile",
    "Tensor": "autokeras_core.graph.operator",
    "TensorSpec": "autokeras_core.graph.operator",
    "TrialContext": "autokeras_core.engine.context",
    "TrialJob": "autokeras_core.search.records",
    "TrialObserver": "autokeras_core.executors.base",
    "TrialOutcome": "autokeras_core.search.records",
    "choice_space": "autokeras_core.builtin.choice_space",
    "columns_named_by": "autokeras_core.data.labelled_table",
    "failed_outcome": "autokeras_core.search.records",
    "frame_column_names": "autokeras_core.data.named_columns",
    "frame_columns": "autokeras_core.data.named_columns",
    "label_column": "autokeras_core.data.csv_table",
    "layer_seed": "autokeras_core.graph.seeds",
    "read_csv_columns": "autokeras_core.data.csv_table",
    "read_csv_names": "autokeras_core.data.csv_table",
    "run_trial": "autokeras_core.engine.trial",
    "training_in": "autokeras_core.engine.precision",
    "unspaced_share": "autokeras_core.data.scripts",
}

__getattr__ = lazy_names(__name__, _TARGETS)[0]


def __dir__() -> list[str]:
    return list(__all__)
