"""Text of the user's data as harmless HTML."""

import html
import re

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


def shown(text: str) -> str:
    """The text for an element or an attribute: markup escaped; control, direction and broken characters as \\x1b."""
    return html.escape(visible(text))


def visible(text: str) -> str:
    """The text with control, direction and broken characters as \\x1b; markup is still markup."""
    return _HIDDEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
