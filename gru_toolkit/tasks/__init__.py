"""One module a task: what it reads, builds, predicts and scores, and its baselines."""

import importlib
from typing import Any

from gru_toolkit.config import nearest
from gru_toolkit.errors import ConfigError
from gru_toolkit.tasks.task import Task

TASKS = {
    "forecast": "gru_toolkit.tasks.forecast:FORECAST",
    "classify": "gru_toolkit.tasks.classify:CLASSIFY",
    "regress": "gru_toolkit.tasks.regress:REGRESS",
    "detect": "gru_toolkit.tasks.detect:DETECT",
    "classify-text": "gru_toolkit.tasks.classify_text:CLASSIFY_TEXT",
    "regress-text": "gru_toolkit.tasks.regress_text:REGRESS_TEXT",
    "generate": "gru_toolkit.tasks.generate:GENERATE",
    "tag": "gru_toolkit.tasks.tag:TAG",
    "translate": "gru_toolkit.tasks.translate:TRANSLATE",
    "next": "gru_toolkit.tasks.next_item:NEXT",
    "chess": "gru_toolkit.chess.move_task:CHESS",
}


def find(name: str) -> Task:
    """The task of that name, imported on first use. Raises ConfigError for an unknown name."""
    if name not in TASKS:
        raise ConfigError(f"there is no task {name!r}; the tasks are {', '.join(TASKS)}", hint=nearest(name, TASKS))
    module, attribute = TASKS[name].split(":")
    task: Any = getattr(importlib.import_module(module), attribute)
    return task  # type: ignore[no-any-return]


def of_settings(settings: object) -> Task:
    """The task whose settings class this is an instance of. Raises ConfigError if it is none."""
    for name, place in TASKS.items():
        if type(settings).__module__ == place.split(":")[0]:
            return find(name)
    raise ConfigError(f"{type(settings).__name__} is not the settings class of a task")
