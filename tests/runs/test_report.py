"""The page opens offline, asks for nothing, shows everything, and shows the user's text as text."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from figure_samples import figures, forecast
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_toolkit.runs.bootstrap import Contest, verdict
from gru_toolkit.runs.markup import shown
from gru_toolkit.runs.report import ReportContent, report_html
from gru_toolkit.runs.scoring import Comparison, Scored
from gru_toolkit.tasks.figures import Confusion

VOID = {"meta"}
HARMFUL = "<script>alert(1)</script>\"' onload=x \x1b[31m \u202egnp.exe \ud800 ]]> <!-- &amp;"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Page(HTMLParser):
    """The page's elements, attributes and text; fails where elements do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def comparison(part: str = "test", *, wins: bool | None = True) -> Comparison:
    difference = {True: (-0.2, -0.1), False: (0.1, 0.2), None: (-0.1, 0.1)}[wins]
    judged = verdict(Contest("mse", False, 0.382, 0.512, "seasonal_naive", difference))
    scores = {
        "network": Scored({"mse": 0.382, "mae": 0.4, "mae_by_horizon": [0.3, 0.5]}, {"mse": (0.35, 0.41)}),
        "seasonal_naive": Scored({"mse": 0.512, "mae": 0.43}, {"mse": (0.48, 0.55)}),
    }
    return Comparison(part, 1200, "mse", scores, "seasonal_naive", judged.wins, judged.sentence)


def content() -> ReportContent:
    return ReportContent(
        title="stations.csv",
        task="forecast",
        comparisons=(comparison("validation"), comparison()),
        figures=tuple(figures().values()),
        notes=("assumed the time column is `date`",),
        split=("training: 700 rows", "test: 200 rows"),
        data={"rows": "1,000", "missing": "12 %"},
        settings={"task": {"horizon": 24, "quantiles": (0.1, 0.9), "causal": False, "stride": None, "empty": ()}},
        origin={"seed": "7", "fingerprint": "9f8e"},
        history={"training": [0.5, 0.25], "learning_rate": [0.001, 0.0005]},
    )


def test_everything_that_was_given_is_on_the_page() -> None:
    page = Page(report_html(content()))
    for wanted in (
        "stations.csv",
        "The network beats seasonal naive by 25 % (MSE 0.382 against 0.512",
        "Better than the baselines on the test part (1,200 examples)",
        "0.350 to 0.410",
        "assumed the time column is `date`",
        "training: 700 rows",
        "missing 12 %",
        "quantiles 0.1, 0.9 causal no stride – empty –",
        "seed 7",
        "Validation part, 1,200 examples; small: 95 % intervals",
        "epoch training learning rate 1 0.5000 0.001000 2 0.2500 0.0005000",
        "Worst forecast: station 7",
    ):
        assert wanted in page.text, wanted
    assert page.count("figure") == page.count("svg") == page.count("figcaption") == len(figures())
    assert "missing</bdi></dt><dd><bdi>12\u00a0%" in report_html(content())
    assert page.count("h1") == page.count("main") == 1


def test_the_verdict_comes_before_everything_else() -> None:
    page = report_html(content())
    assert page.index("The network beats") < page.index("What to know") < page.index("Scores") < page.index("Figures")
    text = Page(page).text
    assert text.index("Test part") < text.index("Validation part")


@pytest.mark.parametrize(
    ("wins", "style", "words"),
    [
        (True, "win", "Better than the baselines"),
        (False, "lose", "Worse than a baseline"),
        (None, "even", "Undecided"),
    ],
)
def test_the_banner_says_who_won_in_words_and_colour(wins: bool | None, style: str, words: str) -> None:
    page = Page(report_html(replace(content(), comparisons=(comparison(wins=wins),))))
    assert ("div", {"class": f"verdict {style}"}) in page.elements
    assert words in page.text


def test_the_page_loads_nothing_and_forbids_it_too() -> None:
    source = report_html(content())
    page = Page(source)
    for tag, attributes in page.elements:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "form", "a", "use", "image", "base"}
        assert not set(attributes) & {"src", "href", "xlink:href", "style", "srcset", "action"}
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"https?:|url\(|@import|javascript:|data:", source)
    (policy,) = [a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a]
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    style = re.search(r"<style>(.*?)</style>", source, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy


def test_the_same_content_gives_the_same_bytes() -> None:
    assert report_html(content()) == report_html(content())


def harmful() -> ReportContent:
    hurt = replace(comparison(), part=HARMFUL, rival=HARMFUL, verdict=HARMFUL)
    hurt = replace(hurt, scores={HARMFUL: Scored({"mse": 1.0, HARMFUL: 2.0}, {}), **hurt.scores})
    names = Confusion((HARMFUL, "b"), figures()["confusion"].counts[:2, :2])  # type: ignore[union-attr]
    series = replace(forecast(HARMFUL, HARMFUL), target=HARMFUL)
    facts = {HARMFUL: HARMFUL}
    return ReportContent(
        HARMFUL, HARMFUL, (hurt,), (names, series), (HARMFUL,), (HARMFUL,), facts, {HARMFUL: {HARMFUL: HARMFUL}}, facts,
        {HARMFUL: [1.0]},
    )  # fmt: skip


def test_text_of_the_user_is_shown_and_never_acted_on() -> None:
    source = report_html(harmful())
    plain = Page(report_html(content()))
    page = Page(source)
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in plain.elements}
    known = {name for _, attributes in plain.elements for name in attributes}
    assert {name for _, attributes in page.elements for name in attributes} <= known
    assert not CONTROLS.search(source)
    assert page.text.count("<script>alert(1)</script>") >= 15
    assert "\\x1b[31m \\u202egnp.exe \\ud800" in page.text
    source.encode()


@pytest.mark.parametrize(
    "code", [0x1B, 0x7F, 0x9B, 0x61C, 0x200F, 0x2028, 0x202E, 0x2066, 0x2069, 0xFEFF, 0xDC80, 0xE0041]
)
def test_what_hides_or_reorders_text_is_made_visible(code: int) -> None:
    assert shown(f"a{chr(code)}b").isprintable()
    assert shown(f"a{chr(code)}b").startswith("a\\")


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_harmless_and_read_back_by_a_browser(text: str) -> None:
    markup = shown(text)
    assert not CONTROLS.search(markup)
    assert not set(markup) & set("<>\"'\n\t")
    page = Page(f"<p>{markup}</p>")
    assert page.count("p") == len(page.elements) == 1
    if not CONTROLS.search(text) and text.isprintable():
        assert "".join(page.texts) == text


def test_a_report_of_almost_nothing_is_a_page() -> None:
    page = Page(report_html(ReportContent("x", "classify", ())))
    assert page.text.endswith("x")
    assert page.count("section") == 0


def test_a_comparison_whose_rival_or_metric_is_absent_still_has_a_table() -> None:
    alone = Comparison("data", 3, "mse", {"network": Scored({"mae": 1.0}, {})}, "none", None, "Nothing to compare.")
    page = Page(report_html(ReportContent("x", "forecast", (alone,))))
    assert "Data part, 3 examples network MSE – MAE 1.00" in page.text


def test_the_split_is_not_said_twice() -> None:
    page = ReportContent("x", "y", (), notes=("training: 3 rows", "assumed"), split=("training: 3 rows",))
    assert Page(report_html(page)).text.count("training: 3 rows") == 1


def test_a_history_without_validation_has_no_empty_column() -> None:
    history = {"training loss": [0.5], "validation loss": []}
    text = Page(report_html(ReportContent("x", "y", (), history=history))).text
    assert text.endswith("Every epoch epoch training loss 1 0.5000")


def test_only_settings_or_only_the_split() -> None:
    assert "Settings" in Page(report_html(ReportContent("x", "y", (), settings={"task": {"a": True}}))).text
    assert "Parts" in Page(report_html(ReportContent("x", "y", (), split=("training: 3",)))).text
