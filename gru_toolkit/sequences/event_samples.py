"""Made-up listening events: people who follow several shows in turn, so that the next episode is not told by the last.

After an episode of one show comes the next episode of another, the one heard longest ago: whoever looks at the last
item alone knows neither the show nor the episode.
"""

import numpy as np

SHOWS = ("baking", "birds", "chess", "cinema", "gardens", "maps", "planets", "rivers", "trains", "words")
EPISODES = 8
_DEVICES = ("phone", "car", "speaker")


def listening(seed: int = 0, *, users: int = 200) -> str:
    """CSV text: a row for each episode that somebody heard, in order of time."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2024-05-01T06:00:00")
    rows: list[tuple[np.datetime64, str, str, str]] = []
    for user in range(1, users + 1):
        shows = rng.permutation(len(SHOWS))[: rng.integers(2, 4)]
        episodes = rng.integers(0, 3, len(shows))
        time = start + np.timedelta64(int(rng.integers(0, 14 * 86_400)), "s")
        device = _DEVICES[rng.integers(len(_DEVICES))]
        for turn in range(int(rng.integers(10, 23))):
            time = time + np.timedelta64(int(rng.gamma(1.5, 20_000)) + 900, "s")
            place = turn % len(shows)
            if episodes[place] >= EPISODES:  # the show is over, another one begins
                shows[place], episodes[place] = rng.integers(len(SHOWS)), 0
            heard = f"{SHOWS[shows[place]]}-{episodes[place] + 1}"
            episodes[place] += 1
            if rng.random() < 0.08:  # something else in between
                heard = f"{SHOWS[rng.integers(len(SHOWS))]}-{rng.integers(EPISODES) + 1}"
            if rng.random() < 0.1:
                device = _DEVICES[rng.integers(len(_DEVICES))]
            rows.append((time, f"user_{user}", heard, device))
    rows.sort(key=lambda row: row[0])
    return (
        "\n".join(["user,time,item,device", *(f"{user},{time},{item},{device}" for time, user, item, device in rows)])
        + "\n"
    )
