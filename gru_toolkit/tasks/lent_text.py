"""What a language model lends to a network that reads whole texts: its vocabulary, its embedding, its first layer.

After Dai and Le 2015, "Semi-supervised Sequence Learning": what was learned from much text without labels is where
learning from few labels begins.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gru_toolkit.errors import ConfigError

LENDERS = ("generate",)
_TABLE = "embedding/embeddings"
_LAYER = "recurrent_0/cell/"


def settle(settings: Any, lender: Any, lender_codec: Any) -> Any:
    """The settings with unit, case and width of the language model. Raises ConfigError for one that differs."""
    config = lender_codec.vocabulary.config
    comes = {"unit": config.unit, "lower": config.lower, "width": lender.width}
    for name, value in comes.items():
        given = getattr(settings, name)
        if given not in (None, value):
            raise ConfigError(
                f"{name} is {given}, but {value} in the language model that lends its weights",
                hint=f"leave out {name}: it comes with that run",
            )
    for name in ("vocabulary", "least_count"):
        if getattr(settings, name) is not None:
            raise ConfigError(f"{name} cannot be chosen: the vocabulary is that of the language model")
    return replace(settings, **comes)


def take_over(codec: Any, lender_codec: Any) -> Any:
    """The codec with the language model's vocabulary."""
    return replace(codec, vocabulary=lender_codec.vocabulary)


def lent(weights: Mapping[str, np.ndarray], settings: Any) -> dict[str, np.ndarray]:
    """Every member's embedding, and its forward recurrent layer where both are a GRU or LSTM of one size."""
    table = weights[_TABLE]
    # The language model multiplies what it reads by the root of the width; here nothing does.
    read = (table * math.sqrt(table.shape[1])).astype(np.float32)
    layer = {path.removeprefix(_LAYER): values for path, values in weights.items() if path.startswith(_LAYER)}
    cells = {path.split("_cell/")[0] for path in layer}
    units = [values.shape[0] for path, values in layer.items() if path.endswith("/recurrent_kernel")]
    fits = cells == {settings.cell} and units == [settings.units]
    found = {}
    for member in range(settings.members):
        found[f"member_{member}_embedding/embeddings"] = read
        for path, values in layer.items() if fits else ():
            found[f"member_{member}_{settings.cell}_0/{path}"] = values
    return found
