"""Text of the user's data as harmless HTML, and the page that it stands on."""

import base64
import hashlib
import html
import re
from collections.abc import Iterable

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


def page(title: str, style: str, sections: Iterable[str]) -> str:
    """A page that opens offline: no script, and its own policy forbids to load anything.

    title     text of the user's, shown as text
    sections  elements of the page, as HTML
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{shown(title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            *sections,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
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
