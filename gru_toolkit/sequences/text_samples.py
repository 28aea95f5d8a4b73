"""Small texts of our own to try and to test with: a book of fables and guests' remarks about a café."""

import numpy as np

_ANIMALS = ("fox", "hare", "owl", "badger", "otter", "heron", "mouse", "wolf", "goat", "raven")
_NAMES = ("Ada", "Bruno", "Clara", "Dario", "Elsa", "Felix", "Greta", "Hugo", "Irma", "Jonas")
_PLACES = ("river", "old mill", "dark wood", "village well", "stone bridge", "orchard", "hill", "marsh")
_FOUND = (
    "a golden key",
    "a sack of corn",
    "a silver bell",
    "a broken wheel",
    "a letter without a name",
    "an empty nest",
)
_ASKED = ("Whose is this", "What shall we do with it", "Who will carry it", "Will it bring luck", "Is it worth the way")
_ANSWERED = (
    "What is found belongs to the one who lost it",
    "A friend is worth more than gold",
    "Haste has no legs",
    "Whoever asks twice has not listened once",
    "The night will tell",
)
_GOOD = ("wonderful", "lovely", "fresh", "friendly", "quick", "charming", "delicious", "spotless", "cheap", "warm")
_BAD = ("awful", "stale", "rude", "slow", "noisy", "dirty", "bland", "overpriced", "cold", "cramped")
_THINGS = ("the coffee", "the cake", "the waiter", "the music", "the terrace", "the bread", "the service", "the soup")
_DEGREES = ("", "really ", "quite ", "so ", "a bit too ", "rather ")
_STRENGTHS = (1.0, 1.5, 0.8, 1.3, 0.5, 0.7)
"""How much a clause of each degree counts."""
_OPENINGS = ("", "We came on a Sunday. ", "My third visit. ", "A friend told me about it. ", "Near the station. ")


def fables(seed: int = 0, *, count: int = 260) -> str:
    """Text: short fables, each about two animals who keep their names to the end."""
    rng = np.random.default_rng(seed)
    return "\n".join(_fable(rng, number) for number in range(1, count + 1))


def _fable(rng: np.random.Generator, number: int) -> str:
    def one(words: tuple[str, ...]) -> str:
        return words[int(rng.integers(len(words)))]

    first, second = (_ANIMALS[place] for place in rng.permutation(len(_ANIMALS))[:2])
    hero, friend = (_NAMES[place] for place in rng.permutation(len(_NAMES))[:2])
    place, found = one(_PLACES), one(_FOUND)
    lines = [
        f"{number}. The {first} and the {second}",
        f"Once {hero} the {first} went to the {place} and found {found}.",
        f'There sat {friend} the {second}. "{one(_ASKED)}?" asked {hero}.',
        f'"{one(_ANSWERED)}," said {friend}.',
    ]
    if rng.random() < 0.5:
        lines.append(f"So {hero} left {found} at the {place}, and {friend} laughed.")
    else:
        lines.append(f"So {hero} gave {found} to {friend}, and the {second} kept it for a year.")
    lines.append(f'"{one(_ANSWERED)}," {hero} said to the {second}, and they went home.')
    return "\n".join(lines) + "\n"


def remarks(seed: int = 0, *, count: int = 900) -> str:
    """Tab-separated text: remarks about a café; of two clauses with `but` or `although` between, one is the verdict.

    Words alone do not tell it: half of the remarks praise one thing and blame another, and what counts is the order.
    """
    rng = np.random.default_rng(seed)
    lines = ["verdict\tremark"]
    for _ in range(count):
        pleased = bool(rng.random() < 0.5)
        kind = rng.random()
        if kind < 0.3:
            text = f"{_clause(rng, pleased)} and {_clause(rng, pleased)}"
        elif kind < 0.65:
            text = f"{_clause(rng, not pleased)}, but {_clause(rng, pleased)}"
        else:
            text = f"although {_clause(rng, not pleased)}, {_clause(rng, pleased)}"
            if rng.random() < 0.5:
                text = f"{_clause(rng, pleased)}, although {_clause(rng, not pleased)}"
        opening = _OPENINGS[int(rng.integers(len(_OPENINGS)))]
        lines.append(f"{'pleased' if pleased else 'annoyed'}\t{opening}{text[0].upper()}{text[1:]}.")
    return "\n".join(lines) + "\n"


def ratings(seed: int = 0, *, count: int = 900) -> str:
    """Tab-separated text: remarks about a café of one to three clauses, and the points from 0 to 10 that were given.

    A clause counts by its degree, the one behind `but` double, the one before it half; guests round and waver.
    """
    rng = np.random.default_rng(seed)
    lines = ["points\tremark"]
    for _ in range(count):
        goods = rng.random(int(rng.integers(1, 4))) < rng.uniform(0.1, 0.9)
        places = rng.integers(len(_DEGREES), size=len(goods))
        clauses = [_clause(rng, bool(good), _DEGREES[place]) for good, place in zip(goods, places, strict=True)]
        said = np.where(goods, 1.0, -1.0) * np.array(_STRENGTHS)[places]
        turned = len(goods) > 1 and bool(goods[-1] != goods[-2])
        if turned:
            said[-2:] *= (0.5, 2.0)
        text = ", ".join(clauses[:-1]) + (", but " if turned else " and " if len(clauses) > 1 else "") + clauses[-1]
        points = float(np.clip(5 + 1.6 * said.sum() + rng.normal(0, 0.4), 0, 10))
        opening = _OPENINGS[int(rng.integers(len(_OPENINGS)))]
        lines.append(f"{points:.1f}\t{opening}{text[0].upper()}{text[1:]}.")
    return "\n".join(lines) + "\n"


def _clause(rng: np.random.Generator, good: bool, degree: str | None = None) -> str:
    """One thing and what was thought of it; now and then by denying the opposite."""
    thing = _THINGS[int(rng.integers(len(_THINGS)))]
    if degree is None:
        degree = _DEGREES[int(rng.integers(len(_DEGREES)))]
    denied = rng.random() < 0.15
    words = _GOOD if good != denied else _BAD
    return f"{thing} was {'not ' if denied else ''}{degree}{words[int(rng.integers(len(words)))]}"
