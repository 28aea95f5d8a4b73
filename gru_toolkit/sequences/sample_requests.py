"""A sample of tagged text: requests to an assistant, made from patterns and lists of words of our own."""

import numpy as np

_WORDS = {
    "place": ("Lindau", "Old Harbour", "Port Ellis", "the north pier", "Marsh Street", "Bell Hill", "Tarn", "Nordholm",
              "Green Park", "Vale", "the town hall", "Upper Mill"),
    "dish": ("lentil soup", "a cheese pie", "noodles", "fried rice", "two salads", "a plum cake", "fish stew", "bread"),
    "person": ("Mara", "Jonas Feld", "aunt Ida", "Tom", "doctor Brand", "Lena Moor", "Oskar", "my sister"),
    "time": ("at 7 pm", "at noon", "at half past six", "tomorrow", "on Friday", "tonight", "at 9:30", "on Sunday"),
    "count": ("two", "4", "three", "10", "six"),
    "song": ("Blue Hills", "The Long Way", "Rain Again", "Old Clocks", "Harvest Moonlight", "Seven Doors"),
}  # fmt: skip
_PATTERNS = {
    "travel": ("take me to {place}", "how do I get from {place} to {place} {time}", "a ticket to {place} for {count}",
               "when is the next train from {place} to {place}", "{time} I have to be in {place}"),
    "order": ("order {dish} for {count}", "I would like {dish} and {dish} {time}", "bring {dish} to {place}",
              "can {person} get {dish} delivered {time}"),
    "call": ("call {person}", "ring {person} {time}", "please tell {person} I am in {place}",
             "leave {person} a message {time}"),
    "music": ("play {song}", "play {song} for {person}", "I want to hear {song} {time}", "stop {song}"),
    "weather": ("will it rain in {place} {time}", "how warm is {place} {time}", "is there snow on {place}"),
}  # fmt: skip
_OPENERS = ("", "", "", "please", "hey", "well ,")


def requests(seed: int = 0, *, count: int = 600) -> str:
    """CoNLL text: a word and its tag a line, what is asked for in a comment, an empty line after each request."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(count):
        intent = str(rng.choice(list(_PATTERNS)))
        pattern = str(rng.choice(_PATTERNS[intent]))
        lines.append(f"# label = {intent}")
        lines += [f"{word} O" for word in str(rng.choice(_OPENERS)).split()]
        for piece in pattern.split():
            lines += _tagged(piece, rng)
        lines.append("")
    return "\n".join(lines)


def _tagged(piece: str, rng: np.random.Generator) -> list[str]:
    """The lines of one piece of a pattern: a word, or a slot and the words that fill it."""
    if not piece.startswith("{"):
        return [f"{piece} O"]
    slot = piece.strip("{}")
    words = str(rng.choice(_WORDS[slot])).split()
    return [f"{word} {'I' if place else 'B'}-{slot}" for place, word in enumerate(words)]
