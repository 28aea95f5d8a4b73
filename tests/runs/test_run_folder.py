"""A run folder holds plain data, notices every damage, and runs nothing when it is loaded."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig, TrainConfig
from gru_toolkit.errors import DamagedRunError, InterruptedRun, MissingInputError, UsageError
from gru_toolkit.runs import run, training
from gru_toolkit.runs.run import Run, configuration_toml, read_configuration
from gru_toolkit.tasks.forecast import Forecast

pytestmark = pytest.mark.slow


def test_a_finished_run_holds_the_files_of_the_contract(forecast_run: Run) -> None:
    names = {path.name for path in forecast_run.folder.iterdir()}
    assert {
        "MANIFEST.json",
        "config.toml",
        "preprocess.json",
        "weights.safetensors",
        "model.onnx",
        "baselines.safetensors",
        "metrics.json",
        "history.csv",
        "report.html",
        "test_predictions.parquet",
    } <= names
    assert "checkpoints" not in names


def test_every_damaged_byte_is_refused_with_the_name_of_the_file(forecast_run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(forecast_run.folder, copy)
    rng = np.random.default_rng(0)
    for path in sorted(copy.iterdir()):
        if path.name == ".lock":
            continue
        content = path.read_bytes()
        places = range(len(content)) if len(content) < 400 else rng.integers(0, len(content), 40).tolist()
        for place in places:
            damaged = bytearray(content)
            damaged[place] ^= 1 << int(rng.integers(8))
            path.write_bytes(bytes(damaged))
            with pytest.raises(DamagedRunError, match=path.name):
                run.load(copy)
        path.write_bytes(content)
        run.load(copy)


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no such run folder"):
        run.load(tmp_path / "nowhere")
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(MissingInputError, match="resume"):
        run.load(tmp_path)


def test_the_configuration_survives_its_file(forecast_run: Run) -> None:
    text = configuration_toml(forecast_run.configuration)
    assert read_configuration(text, source="config.toml") == forecast_run.configuration


AUDIT = """
import sys
opened, forbidden = [], []
def hook(event, args):
    if event in ("exec", "compile", "marshal.loads", "pickle.find_class", "ctypes.dlopen", "socket.connect",
                 "subprocess.Popen", "os.system"):
        forbidden.append((event, repr(args)[:80]))
import gru_toolkit.runs.run, gru_toolkit.runs.prediction, gru_toolkit.tasks
for name in gru_toolkit.tasks.TASKS:
    gru_toolkit.tasks.find(name)
sys.addaudithook(hook)
gru_toolkit.runs.run.load(sys.argv[1])
assert not forbidden, forbidden
for name in ("keras", "tensorflow", "h5py", "jax", "torch"):
    assert name not in sys.modules, name
"""


def test_loading_executes_nothing_and_imports_no_backend(forecast_run: Run, classify_run: Run) -> None:
    for folder in (forecast_run.folder, classify_run.folder):
        done = subprocess.run(
            [sys.executable, "-c", AUDIT, str(folder)], capture_output=True, text=True, env=os.environ, check=False
        )
        assert done.returncode == 0, done.stderr


def test_a_stop_after_the_last_step_leaves_a_run_that_resume_finishes(
    series_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = training.TrainRequest(
        data=(str(series_file),),
        task_settings=Forecast(horizon=3, look_back=7, preset="fast"),
        read=ReadConfig(target=("y",)),
        train=TrainConfig(epochs=1),
        given=frozenset({"epochs"}),
        out=tmp_path / "run",
    )

    def stop_at_the_end(event: training.Event) -> None:
        if getattr(event, "kind", "") == "end":
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(InterruptedRun, match="after the last step"):
        training.train(request, on_event=stop_at_the_end)
    with pytest.raises(MissingInputError, match="resume"):
        run.load(tmp_path / "run")
    assert training.resume(tmp_path / "run", on_event=lambda event: None).metrics["training"]["epochs"] == 1


def test_a_query_has_to_be_given_again_to_resume(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[run]\ntask = "forecast"\ndata = ["sales.db"]\nqueried = true\n')
    with pytest.raises(UsageError, match="never saved"):
        training.resume(tmp_path, on_event=lambda event: None)
