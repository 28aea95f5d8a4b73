"""A sample of parallel text: English sentences about animals and people with their German, made from patterns.

The two languages order their words differently: the German verb comes second, goes to the end of a clause, and its
participle stands behind the object; articles and adjectives follow the noun's gender and case.
"""

import numpy as np

_NOUNS = (
    ("fox", "Fuchs", "m"), ("dog", "Hund", "m"), ("bird", "Vogel", "m"), ("man", "Mann", "m"), ("wolf", "Wolf", "m"),
    ("owl", "Eule", "f"), ("cat", "Katze", "f"), ("woman", "Frau", "f"), ("goat", "Ziege", "f"), ("mouse", "Maus", "f"),
    ("horse", "Pferd", "n"), ("child", "Kind", "n"), ("girl", "Mädchen", "n"), ("sheep", "Schaf", "n"),
)  # fmt: skip
_ADJECTIVES = (
    ("old", "alt"), ("small", "klein"), ("young", "jung"), ("clever", "klug"), ("brown", "braun"), ("quiet", "still"),
    ("fast", "schnell"), ("tired", "müd"), ("lazy", "faul"), ("brave", "mutig"),
)  # fmt: skip
_PREDICATES = {"müd": "müde"}
_VERBS = (
    ("see", "sees", "seen", "sieht", "gesehen", "sehen"), ("hear", "hears", "heard", "hört", "gehört", "hören"),
    ("find", "finds", "found", "findet", "gefunden", "finden"), ("call", "calls", "called", "ruft", "gerufen", "rufen"),
    ("seek", "seeks", "sought", "sucht", "gesucht", "suchen"), ("wake", "wakes", "woken", "weckt", "geweckt", "wecken"),
    ("paint", "paints", "painted", "malt", "gemalt", "malen"),
    ("carry", "carries", "carried", "trägt", "getragen", "tragen"),
)  # fmt: skip
_TIMES = (
    ("today", "heute"), ("in the morning", "am Morgen"), ("now", "jetzt"), ("in the wood", "im Wald"),
    ("at the river", "am Fluss"), ("at night", "in der Nacht"),
)  # fmt: skip
_ARTICLES = {"the": {"m": ("der", "den"), "f": ("die", "die"), "n": ("das", "das")},
             "a": {"m": ("ein", "einen"), "f": ("eine", "eine"), "n": ("ein", "ein")}}  # fmt: skip
_ENDINGS = {"the": {"m": ("e", "en"), "f": ("e", "e"), "n": ("e", "e")},
            "a": {"m": ("er", "en"), "f": ("e", "e"), "n": ("es", "es")}}  # fmt: skip


def phrases(seed: int = 0, *, count: int = 1_500) -> str:
    """Tab-separated text: different English sentences and their German, with a header."""
    rng = np.random.default_rng(seed)
    lines: dict[str, None] = {}
    while len(lines) < count:
        english, german = _sentence(rng)
        lines[f"{_begun(english)}\t{_begun(german)}"] = None
    return "\n".join(["en\tde", *lines]) + "\n"


def _sentence(rng: np.random.Generator) -> tuple[str, str]:
    """One sentence in both languages."""
    who, wer = _noun(rng, 0)
    other, anderer = _noun(rng, 0)
    whom, wen = _noun(rng, 1)
    do, does, done, tut, getan, tun = _VERBS[int(rng.integers(len(_VERBS)))]
    when, wann = _TIMES[int(rng.integers(len(_TIMES)))]
    how, wie = _ADJECTIVES[int(rng.integers(len(_ADJECTIVES)))]
    wie = _PREDICATES.get(wie, wie)
    patterns = (
        (f"{who} {does} {whom}.", f"{wer} {tut} {wen}."),
        (f"{when} {who} {does} {whom}.", f"{wann} {tut} {wer} {wen}."),
        (f"{who} has {done} {whom}.", f"{wer} hat {wen} {getan}."),
        (f"{when} {who} has {done} {whom}.", f"{wann} hat {wer} {wen} {getan}."),
        (f"does {who} {do} {whom}?", f"{tut} {wer} {wen}?"),
        (f"{who} wants to {do} {whom}.", f"{wer} will {wen} {tun}."),
        (f"{who} is {how} because {other} {does} {whom}.", f"{wer} ist {wie}, weil {anderer} {wen} {tut}."),
    )
    return patterns[int(rng.integers(len(patterns)))]


def _noun(rng: np.random.Generator, case: int) -> tuple[str, str]:
    """A noun with its article and perhaps an adjective, as subject (case 0) or object (1)."""
    english, german, gender = _NOUNS[int(rng.integers(len(_NOUNS)))]
    article = "the" if rng.random() < 0.6 else "a"
    first = _ARTICLES[article][gender][case]
    if rng.random() < 0.5:
        return f"{_article(article, english)} {english}", f"{first} {german}"
    adjective, stem = _ADJECTIVES[int(rng.integers(len(_ADJECTIVES)))]
    ending = _ENDINGS[article][gender][case]
    return f"{_article(article, adjective)} {adjective} {english}", f"{first} {stem}{ending} {german}"


def _article(article: str, following: str) -> str:
    return "an" if article == "a" and following[0] in "aeiou" else article


def _begun(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
