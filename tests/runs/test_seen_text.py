from gru_toolkit.config import SplitConfig
from gru_toolkit.runs.seen import overlap, remember
from gru_toolkit.sequences.dataset import everything
from gru_toolkit.sequences.running_text import of_text, split_text

LINES = [f"line number {number} says something of its own, {number * 7919}" for number in range(400)]


def test_lines_that_were_trained_on_are_noticed_wherever_they_stand() -> None:
    remembered = remember(everything(of_text("\n".join(LINES[:200]))))
    mixed = of_text("\n".join([*LINES[300:], *LINES[100:200]]))
    found = overlap(remembered, mixed)
    assert found.unit == "lines"
    assert abs(found.share - 0.5) < 0.01


def test_another_text_of_the_same_length_is_not_the_same() -> None:
    remembered = remember(everything(of_text("\n".join(LINES[:100]))))
    assert overlap(remembered, of_text("\n".join(line[::-1] for line in LINES[:100]))).share == 0


def test_only_the_training_part_is_remembered() -> None:
    dataset = of_text("\n".join(LINES))
    remembered = remember(split_text(dataset, SplitConfig(split=(0.5, 0.5, 0.0))).train)
    assert 0.45 < overlap(remembered, dataset).share < 0.55
