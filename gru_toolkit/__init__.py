"""Train small recurrent networks on any file of sequences, get an honest answer, run the result anywhere.

    import gru_toolkit as gt

    run = gt.train("sales.csv", gt.Forecast(horizon=28))
    run.predict("sales.csv")
    gt.load("runs/sales-forecast").evaluate("later.csv").comparison.verdict

Everything is imported on first use: importing the package itself costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gru_toolkit.config import ReadConfig as ReadConfig
    from gru_toolkit.config import SplitConfig as SplitConfig
    from gru_toolkit.config import TrainConfig as TrainConfig
    from gru_toolkit.errors import GruToolkitError as GruToolkitError
    from gru_toolkit.runs.api import train as train
    from gru_toolkit.runs.run import Run as Run
    from gru_toolkit.runs.run import load as load
    from gru_toolkit.runs.training import resume as resume
    from gru_toolkit.tasks.classify import Classify as Classify
    from gru_toolkit.tasks.classify_text import ClassifyText as ClassifyText
    from gru_toolkit.tasks.detect import Detect as Detect
    from gru_toolkit.tasks.forecast import Forecast as Forecast
    from gru_toolkit.tasks.generate import Generate as Generate
    from gru_toolkit.tasks.next_item import Next as Next
    from gru_toolkit.tasks.regress import Regress as Regress
    from gru_toolkit.tasks.regress_text import RegressText as RegressText
    from gru_toolkit.tasks.tag import Tag as Tag
    from gru_toolkit.tasks.translate import Translate as Translate

_HOMES = {
    "Classify": "gru_toolkit.tasks.classify",
    "ClassifyText": "gru_toolkit.tasks.classify_text",
    "Detect": "gru_toolkit.tasks.detect",
    "Forecast": "gru_toolkit.tasks.forecast",
    "Generate": "gru_toolkit.tasks.generate",
    "GruToolkitError": "gru_toolkit.errors",
    "Next": "gru_toolkit.tasks.next_item",
    "ReadConfig": "gru_toolkit.config",
    "Regress": "gru_toolkit.tasks.regress",
    "RegressText": "gru_toolkit.tasks.regress_text",
    "Run": "gru_toolkit.runs.run",
    "SplitConfig": "gru_toolkit.config",
    "Tag": "gru_toolkit.tasks.tag",
    "TrainConfig": "gru_toolkit.config",
    "Translate": "gru_toolkit.tasks.translate",
    "load": "gru_toolkit.runs.run",
    "resume": "gru_toolkit.runs.training",
    "train": "gru_toolkit.runs.api",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
