"""``make device-check`` runs to its end without a GPU."""

import json

import numpy as np
import pytest
import torch

from inkbridge.models.storage import load_model
from qa import device_check
from qa.device_check import TRAINED, configuration, main


@pytest.mark.slow
def test_check_runs_on_the_cpu_and_leaves_a_table_and_weights(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(device_check, "TESTS", ("models/test_watch.py",))
    main(["--device", "cpu", "--small", "--training-seconds", "1", "--output", str(tmp_path)])
    assert {file.name for file in tmp_path.iterdir()} == {
        "device-check.json",
        "device-check.md",
        "strokes64.safetensors",
    }
    table = (tmp_path / "device-check.md").read_text()
    assert table in capsys.readouterr().out
    found = json.loads((tmp_path / "device-check.json").read_text())
    assert found["tests_passed"]
    assert "passed" in found["tests"]
    assert set(found["speeds"]) == {"strokes64 pixels", "strokes64 strokes", "conv64", "coordconv64"}
    for name, speeds in found["speeds"].items():
        assert speeds["cpu"] > 0 < speeds["device"]
        assert f"| {name} | {speeds['cpu']:,.0f} | {speeds['device']:,.0f} |" in table
    assert found["training"]["data_on_device"]
    model = load_model(tmp_path / "strokes64.safetensors", configuration(is_small=True).variants[TRAINED])
    assert np.isfinite(model.reconstruct(np.zeros((1, 64, 64), dtype=np.uint8))).all()
    assert 0 < found["validation_mse"]["candidate"] < 0.5


@pytest.mark.slow
def test_check_says_that_tests_failed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(device_check, "TESTS", ("models/no_such_test.py",))
    assert not device_check.run_tests(is_small=True)[1]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_check_without_a_gpu_says_what_to_do():
    with pytest.raises(SystemExit, match=r"compute\.device: expected a CUDA device"):
        main(["--device", "cuda"])
