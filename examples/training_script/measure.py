"""Trains train.py on 300 examples and measures its guesses on 200 others: val_loss, lower is better.

train.py runs in a process of its own and is given no answers: whatever it prints, it has to learn.
"""

import json
import math
import os
import random
import subprocess
import sys
import time
from pathlib import Path


def examples(count: int, draw: random.Random) -> list[tuple[float, float]]:
    """Points of a wave, with a little noise: the same in every trial, so that losses can be compared."""
    found = []
    for _ in range(count):
        x = draw.uniform(-1, 1)
        found.append((x, math.sin(6 * x) * math.exp(-x) / 2 + draw.gauss(0, 0.05)))
    return found


draw = random.Random(2026)
given, kept_back = examples(300, draw), examples(200, draw)
asked = json.dumps({"examples": given, "inputs": [x for x, _ in kept_back]})
told = {name: value for name, value in os.environ.items() if not name.startswith("AUTORESEARCH_")}
began = time.perf_counter()
done = subprocess.run([sys.executable, "train.py"], input=asked, env=told, capture_output=True, text=True)
seconds = time.perf_counter() - began
if done.returncode != 0:
    sys.exit(f"train.py exited {done.returncode}: {done.stderr[-1000:]}")
try:
    guesses = [float(guess) for guess in json.loads(done.stdout)]
except (ValueError, TypeError):
    sys.exit(f"train.py printed no list of numbers: {done.stdout[:200]!r}")
if len(guesses) != len(kept_back):
    sys.exit(f"train.py made {len(guesses)} guesses, not {len(kept_back)}")
off = [guess - y for guess, (_, y) in zip(guesses, kept_back, strict=True)]
loss = sum(each * each for each in off) / len(off)
if not math.isfinite(loss):
    print("the training ran away")
    sys.exit(125)  # a discard, not a crash: nothing is broken
numbers = {"val_loss": loss, "seconds": seconds}
for name, value in numbers.items():
    print(f"{name}: {value!r}")
if result := os.environ.get("AUTORESEARCH_RESULT"):
    Path(result).write_text(json.dumps(numbers))
