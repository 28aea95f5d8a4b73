"""Text to numbers and back: characters, bytes, words or subwords, fitted on the training part and nothing else.

The first ids of every vocabulary are PADDING, UNKNOWN, START and END; the pieces follow.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError, DamagedRunError

PADDING, UNKNOWN, START, END = range(4)
SPECIALS = 4
"""Ids before the first piece."""
UNITS = ("char", "byte", "word", "subword")
DEFAULT_SIZES = {"char": 20_000, "byte": 256, "word": 20_000, "subword": 4_000}
SUBWORD_SAMPLE = 64 << 20
"""Characters that subwords are learned from at most."""
_WORD = re.compile(r"\w+(?:'\w+)?|'\w+|[^\w\s]")
_SPACED = re.compile(r" ?\w+(?:'\w+)?| ?[^\w\s]+|\s")


@dataclass(frozen=True)
class VocabularyConfig:
    """How a text is cut into units.

    size         pieces at most; None takes the unit's usual number
    least_count  pieces seen less often are unknown (char and word)
    lower        letters lose their case (char and word)
    spaces       words keep the white space around them, so that the text can be put together again
    """

    unit: str = "word"
    size: int | None = None
    least_count: int = 1
    lower: bool = False
    spaces: bool = False

    def __post_init__(self) -> None:
        require_choice("unit", self.unit, UNITS)
        if self.size is not None and self.size < 1:
            raise ConfigError(f"the size of a vocabulary must be at least 1, got {self.size}")
        if self.size is not None and self.unit == "subword" and self.size < 257:
            raise ConfigError(f"a subword vocabulary holds the 256 bytes and more: size at least 257, got {self.size}")


@dataclass(frozen=True)
class Vocabulary:
    """Pieces of text and their ids.

    pieces  char and word: the texts; byte: none; subword: the merged symbols in the byte alphabet of the library
    merges  subword only: pairs of symbols in the order in which they are joined
    """

    config: VocabularyConfig
    pieces: tuple[str, ...] = ()
    merges: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        """Ids, the special ones among them."""
        return SPECIALS + (256 if self.config.unit == "byte" else len(self.pieces))

    def encode(self, text: str) -> np.ndarray:
        """(n,) int32 ids of a text; what is not in the vocabulary is UNKNOWN."""
        if self.config.unit == "byte":
            return np.frombuffer(text.encode(), np.uint8).astype(np.int32) + SPECIALS
        if self.config.unit == "char":
            text = text.lower() if self.config.lower else text
            return np.asarray(self._char_table[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")])
        if self.config.unit == "subword":
            return np.array(self._tokenizer.encode(text).ids, np.int32) + SPECIALS
        known = self._known
        return np.array([known.get(word, UNKNOWN) for word in words(text, self.config)], np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids; START, END and PADDING say nothing, UNKNOWN is shown as U+FFFD."""
        joined = b"".join(self.piece_bytes(piece) for piece in ids)
        text = joined.decode("utf-8", "replace")
        return text.removesuffix(" ") if self._separated else text

    def piece_bytes(self, piece: int) -> bytes:
        """The UTF-8 bytes that one id adds to a text; a byte or subword may be a part of a character."""
        if piece < SPECIALS:
            return "\ufffd".encode() + b" " * self._separated if piece == UNKNOWN else b""
        return self._bytes[piece - SPECIALS]

    def shown(self, text: str) -> list[str]:
        """The pieces that `encode` cuts the text into, as people read them."""
        if self.config.unit == "word":
            return words(text, self.config)
        if self.config.unit == "char":
            return list(text.lower() if self.config.lower else text)
        return [self.piece_bytes(int(piece)).decode("utf-8", "replace") for piece in self.encode(text)]

    def to_plain(self) -> dict[str, Any]:
        """Plain JSON data from which `vocabulary` makes an equal one."""
        config = {name: getattr(self.config, name) for name in VocabularyConfig.__dataclass_fields__}
        return {**config, "pieces": list(self.pieces), "merges": [list(pair) for pair in self.merges]}

    @property
    def _separated(self) -> bool:
        return self.config.unit == "word" and not self.config.spaces

    @functools.cached_property
    def _bytes(self) -> list[bytes]:
        if self.config.unit == "byte":
            return [bytes([value]) for value in range(256)]
        if self.config.unit == "subword":
            return [bytes(_BYTE_OF[symbol] for symbol in piece) for piece in self.pieces]
        return [piece.encode("utf-8", "replace") + b" " * self._separated for piece in self.pieces]

    @functools.cached_property
    def _known(self) -> dict[str, int]:
        return {piece: number for number, piece in enumerate(self.pieces, SPECIALS)}

    @functools.cached_property
    def _char_table(self) -> np.ndarray:
        """Code point → id."""
        table = np.full(0x110000, UNKNOWN, np.int32)
        table[[ord(piece) for piece in self.pieces]] = np.arange(SPECIALS, len(self))
        return table

    @functools.cached_property
    def _tokenizer(self) -> Any:
        tokenizers = _library()
        known = {piece: number for number, piece in enumerate(self.pieces)}
        return _with_bytes(tokenizers.Tokenizer(tokenizers.models.BPE(vocab=known, merges=list(self.merges))))


def vocabulary(plain: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
    try:
        config = VocabularyConfig(**{name: plain[name] for name in VocabularyConfig.__dataclass_fields__})
        pieces = tuple(str(piece) for piece in plain["pieces"])
        merges = tuple((str(first), str(second)) for first, second in plain["merges"])
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise DamagedRunError(f"preprocess.json does not describe a vocabulary: {error}") from error
    if config.unit == "char" and any(len(piece) != 1 for piece in pieces):
        raise DamagedRunError("preprocess.json names a character that is none")
    if config.unit == "subword" and not set("".join(pieces)) <= set(_BYTE_OF):
        raise DamagedRunError("preprocess.json names a subword outside the byte alphabet")
    return Vocabulary(config, pieces, merges)


def fit_vocabulary(texts: Iterable[str], config: VocabularyConfig) -> Vocabulary:
    """The most frequent pieces of the texts, which are read once, one after the other."""
    if config.unit == "byte":
        return Vocabulary(config)
    size = config.size or DEFAULT_SIZES[config.unit]
    if config.unit == "subword":
        return _fit_subwords(texts, config, size)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words(text, config) if config.unit == "word" else text.lower() if config.lower else text)
    usual = [piece for piece, count in counts.items() if count >= config.least_count]
    kept = sorted(usual, key=lambda piece: (-counts[piece], piece))[:size]
    return Vocabulary(config, tuple(kept))


def words(text: str, config: VocabularyConfig) -> list[str]:
    """The words of a text: letters and digits, single marks, and white space where it is kept."""
    return (_SPACED if config.spaces else _WORD).findall(text.lower() if config.lower else text)


def unknown_share(encoded: Iterable[np.ndarray]) -> float:
    """The share of unknown units in some encoded texts."""
    unknown = total = 0
    for ids in encoded:
        unknown, total = unknown + int(np.count_nonzero(ids == UNKNOWN)), total + len(ids)
    return unknown / max(total, 1)


def _fit_subwords(texts: Iterable[str], config: VocabularyConfig, size: int) -> Vocabulary:
    """Byte-pair merges (Sennrich et al. 2016) over bytes, so that no text has an unknown part."""
    import json

    tokenizers = _library()
    learned = _with_bytes(tokenizers.Tokenizer(tokenizers.models.BPE()))
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=size, initial_alphabet=sorted(_BYTE_OF), show_progress=False)
    learned.train_from_iterator(_first(texts, SUBWORD_SAMPLE), trainer)
    model = json.loads(learned.to_str())["model"]
    pieces = sorted(model["vocab"], key=model["vocab"].__getitem__)
    return Vocabulary(config, tuple(pieces), tuple((first, second) for first, second in model["merges"]))


def _first(texts: Iterable[str], limit: int) -> Iterator[str]:
    """Texts until so many characters are read."""
    read = 0
    for text in texts:
        yield text
        read += len(text)
        if read >= limit:
            return


def _library() -> Any:
    try:
        import tokenizers
        import tokenizers.decoders
        import tokenizers.models
        import tokenizers.pre_tokenizers
        import tokenizers.trainers
    except ImportError:
        message = "subwords need the library tokenizers, which is not installed"
        raise ConfigError(message, hint="pip install 'gru-toolkit[text]'") from None
    return tokenizers


def _with_bytes(tokenizer: Any) -> Any:
    """The tokenizer working on bytes, each shown as one printable character."""
    tokenizer.pre_tokenizer = _library().pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def _byte_alphabet() -> dict[str, int]:
    """Symbol → byte: printable Latin-1 stands for itself, the other bytes for the code points from 256 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {**{chr(byte): byte for byte in plain}, **{chr(256 + n): byte for n, byte in enumerate(others)}}


_BYTE_OF = _byte_alphabet()
