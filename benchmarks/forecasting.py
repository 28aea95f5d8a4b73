"""Forecasting on ETTh1, M4 weekly and hourly, and Beijing PM2.5, beside what others reach.

    python benchmarks/forecasting.py --data ../shared/data --only etth1 --preset best

Validation chooses when training stops; each test part is read once, for the printed line. Protocols:

etth1      7 channels, rows 0-8640 / 2880 / 2880, look-back 96, all test windows; squared error of values scaled by
           the training part
m4-…       the official files; the last horizon of the training file validates; sMAPE, MASE and OWA against Naive2,
           which is computed here (season 24 for hours, none for weeks)
pollution  2010-2012 / 2013 / 2014, the next 24 hours from every hour, weather as past covariates; filled values are
           not scored
"""

import argparse
import csv
import tempfile
import time
from pathlib import Path

import numpy as np

import gru_toolkit as gt

ETTH1 = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
ETTH1_GOALS = {96: (0.386, 0.368), 192: (0.437, 0.408), 336: (0.481, 0.444), 720: (0.519, 0.446)}
M4 = {"weekly": (13, 1), "hourly": (48, 24)}
WEATHER = ("DEWP", "TEMP", "PRES", "cbwd", "Iws", "Is", "Ir")
HOURS = {2010: 0, 2013: 26_304, 2014: 35_064, 2015: 43_824}


def etth1(data: Path, settings: argparse.Namespace) -> None:
    """One line a horizon: squared and absolute error beside DLinear's and SegRNN's published squared errors."""
    for horizon in settings.horizons:
        with tempfile.TemporaryDirectory() as folder:
            started = time.monotonic()
            run = gt.train(
                str(data / "forecast" / "ETTh1.csv"),
                gt.Forecast(horizon=horizon, look_back=96, preset=settings.preset),
                read=gt.ReadConfig(time="date", target=ETTH1),
                split=gt.SplitConfig(split=(8640.0, 2880.0, 2880.0)),
                train=settings.train,
                out=Path(folder) / "run",
            )
            chosen = _scores(run, "validation")
            test = _scores(run, "test")
        dlinear, segrnn = ETTH1_GOALS[horizon]
        print(
            f"etth1 {horizon:4d} {settings.preset}: MSE {test['mse_scaled']:.4f} MAE {test['mae_scaled']:.4f} "
            f"(validation {chosen['mse_scaled']:.4f}) DLinear {dlinear:.3f} SegRNN {segrnn:.3f} "
            f"coverage {test['coverage']:.3f} {time.monotonic() - started:.0f} s",
            flush=True,
        )


def m4(data: Path, settings: argparse.Namespace, kind: str) -> None:
    """sMAPE, MASE and overall weighted average of both relative to Naive2."""
    horizon, season = M4[kind]
    training, test = (data / "forecast" / f"m4_{kind}_{part}.csv" for part in ("train", "test"))
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        run = gt.train(
            str(training),
            gt.Forecast(horizon=horizon, season=season, holdout=1, preset=settings.preset),
            split=gt.SplitConfig(split=(0.9, 0.1, 0.0)),
            train=settings.train,
            out=Path(folder) / "run",
        )
        chosen = _scores(run, "validation")
        found = run.predict(str(training))
    histories, truths = _m4_rows(training), _m4_rows(test)
    forecasts = np.asarray(found["forecast"], float).reshape(-1, horizon)
    ids = np.asarray(found["V1"]).reshape(-1, horizon)[:, 0].tolist()
    ours = [_errors(row, truths[name], histories[name], season) for name, row in zip(ids, forecasts, strict=True)]
    naive = [_errors(naive2(histories[n], horizon, season), truths[n], histories[n], season) for n in ids]
    smape, mase = np.mean(ours, axis=0)
    naive_smape, naive_mase = np.mean(naive, axis=0)
    owa = (smape / naive_smape + mase / naive_mase) / 2
    print(
        f"m4 {kind} {settings.preset}: OWA {owa:.4f} sMAPE {smape:.3f} MASE {mase:.3f} "
        f"(Naive2 {naive_smape:.3f}, {naive_mase:.3f}; validation {chosen['smape']:.3f}, {chosen['mase']:.3f}; "
        f"{len(ids)} series) {time.monotonic() - started:.0f} s",
        flush=True,
    )


def pollution(data: Path, settings: argparse.Namespace) -> None:
    """Errors beside both naive forecasts, and the coverage of the 80 % interval by step ahead and by month."""
    path = data / "forecast" / "pollution.csv"
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        run = gt.train(
            str(path),
            gt.Forecast(horizon=24, preset=settings.preset),
            read=gt.ReadConfig(target=("pm2.5",), past=WEATHER, missing="indicator"),
            split=gt.SplitConfig(split=tuple(float(n) for n in np.diff(list(HOURS.values())))),
            train=settings.train,
            out=Path(folder) / "run",
        )
        for name, scores in run.metrics["parts"]["test"]["scores"].items():
            values = scores["metrics"]
            print(f"pollution {name}: MSE {values['mse']:.1f} MAE {values['mae']:.2f} MASE {values['mase']:.4f}")
        test = _scores(run, "test")
        steps = test["coverage_by_step"]
        months = _coverage_by_month(run, path)
    print(
        f"pollution {settings.preset}: coverage {test['coverage']:.3f}, by step {min(steps):.3f} to {max(steps):.3f}, "
        f"by month {min(months):.3f} to {max(months):.3f} ({' '.join(f'{share:.2f}' for share in months)}) "
        f"{run.metrics['parts']['test']['verdict']} {time.monotonic() - started:.0f} s",
        flush=True,
    )


def _coverage_by_month(run: gt.Run, path: Path) -> list[float]:
    """Coverage of the forecasts that start in each month of the test year and end in it."""
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    shares = []
    for month in range(1, 13):
        inside = [i for i, row in enumerate(rows) if row["year"] == "2014" and int(row["month"]) == month]
        kept = rows[inside[0] - run.settings.look_back : inside[-1] + 1]
        with tempfile.TemporaryDirectory() as folder:
            part = Path(folder) / "month.csv"
            with part.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(kept)
            scores = run.evaluate(str(part)).comparison.scores["network"].metrics
        shares.append(float(scores["coverage"]))
    return shares


def naive2(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """M4's benchmark: the last value, after multiplicative seasonal adjustment where the series is seasonal.

    history  (T,); seasonal where the autocorrelation at the season passes a 90 % test (Makridakis et al. 2020)
    """
    if season == 1 or not _is_seasonal(history, season):
        return np.full(horizon, history[-1])
    weights = np.ones(season + 1) / season
    weights[[0, -1]] /= 2
    trend = np.convolve(history, weights, "valid")
    start = season // 2
    ratios = history[start : start + len(trend)] / trend
    phases = np.arange(start, start + len(trend)) % season
    index = np.array([ratios[phases == phase].mean() for phase in range(season)])
    index /= index.mean()
    length = len(history)
    return history[-1] / index[(length - 1) % season] * index[(length + np.arange(horizon)) % season]


def _is_seasonal(history: np.ndarray, season: int) -> bool:
    if len(history) < 3 * season:
        return False
    centred = history - history.mean()
    power = float(centred @ centred)
    correlations = np.array([centred[lag:] @ centred[:-lag] / power for lag in range(1, season + 1)])
    limit = 1.645 * np.sqrt((1 + 2 * np.square(correlations[:-1]).sum()) / len(history))
    return bool(abs(correlations[-1]) > limit)


def _errors(forecast: np.ndarray, truth: np.ndarray, history: np.ndarray, season: int) -> tuple[float, float]:
    """sMAPE in percent, and MASE."""
    error = np.abs(forecast - truth)
    smape = 200 * np.mean(error / (np.abs(forecast) + np.abs(truth)))
    return float(smape), float(error.mean() / np.abs(history[season:] - history[:-season]).mean())


def _m4_rows(path: Path) -> dict[str, np.ndarray]:
    rows = list(csv.reader(path.open(encoding="utf-8")))[1:]
    return {row[0]: np.array([float(value) for value in row[1:] if value]) for row in rows}


def _scores(run: gt.Run, part: str) -> dict[str, float]:
    found: dict[str, float] = run.metrics["parts"][part]["scores"]["network"]["metrics"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with forecast/ETTh1.csv and so on")
    sets = ("etth1", "m4-weekly", "m4-hourly", "pollution")
    parser.add_argument("--only", nargs="+", choices=sets, default=sets)
    parser.add_argument("--horizons", nargs="+", type=int, choices=sorted(ETTH1_GOALS), default=sorted(ETTH1_GOALS))
    parser.add_argument("--preset", choices=("fast", "good", "best"), default="good")
    parser.add_argument("--threads", type=int, help="CPU threads; by default all")
    parser.add_argument("--seed", type=int, default=0)
    settings = parser.parse_args()
    if not (settings.data / "forecast").is_dir():
        raise SystemExit(f"there is no folder {settings.data / 'forecast'}: nothing was measured")
    settings.train = gt.TrainConfig(threads=settings.threads, seed=settings.seed)
    for name in settings.only:
        if name == "etth1":
            etth1(settings.data, settings)
        elif name == "pollution":
            pollution(settings.data, settings)
        else:
            m4(settings.data, settings, name.removeprefix("m4-"))


if __name__ == "__main__":
    main()
