"""How numbers and names are written for people: in verdicts, reports and terminal views."""

import math

_ACRONYMS = {name: name.upper() for name in ("mse", "mae", "rmse", "mase", "owa", "crps", "auc", "mape", "wql", "f1")}
_ACRONYMS |= {"mrr": "MRR", "ndcg": "NDCG"}
_ACRONYMS |= {"smape": "sMAPE"}
MINUS = "−"


def number(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, without an exponent where it is readable without one."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    exponent = math.floor(math.log10(abs(rounded)))
    if not -5 <= exponent < 9:
        return f"{rounded:.{digits - 1}e}".replace("-", MINUS)
    return f"{value:,.{max(0, digits - 1 - exponent)}f}".replace("-", MINUS)


def signed(value: float, digits: int = 3) -> str:
    """The number with its sign, for differences."""
    return ("+" if value > 0 else "") + number(value, digits)


def apart(first: float, second: float, digits: int = 3) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart, at most six."""
    for enough in range(digits, 7):
        texts = number(first, enough), number(second, enough)
        if texts[0] != texts[1]:
            return texts
    return number(first, digits), number(second, digits)


def percent(share: float) -> str:
    """A share as a percentage: 0.123 → 12 %, 0.0123 → 1.2 %."""
    value = 100 * share
    text = f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.1f}"
    return f"{text} %".replace("-", MINUS)


def metric_name(name: str) -> str:
    """`mse` → MSE, `macro_f1` → macro F1, `mae_by_horizon` → MAE by horizon."""
    return " ".join(_ACRONYMS.get(word, word) for word in name.split("_"))


def plain_name(name: str) -> str:
    """`seasonal_naive` → seasonal naive."""
    return name.replace("_", " ")
