"""Reads an event file that a test wrote with TensorBoard's own reader, and compares what it finds with the log of the training.

    python scripts/check_tensorboard.py    (needs: pip install tensorboard, and a built Myelin)
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

ROOT = Path(__file__).resolve().parent.parent

with tempfile.TemporaryDirectory() as folder:
    command = ["npx", "jest", "-w", "1", "test/train/tensorboard", "-t", "tell the log"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "MYELIN_EVENTS": folder}, check=True)
    epochs = json.loads((Path(folder) / "epochs.json").read_text())
    events = EventAccumulator(folder)
    events.Reload()

for tag, key in {"epoch/loss": "loss", "epoch/loss/validation": "valLoss"}.items():
    found = [(event.step, event.value) for event in events.Scalars(tag)]
    wanted = [(epoch["epoch"], float(np.float32(epoch[key]))) for epoch in epochs]
    assert found == wanted, (tag, found, wanted)
print("TensorBoard reads", ", ".join(sorted(events.Tags()["scalars"])))
