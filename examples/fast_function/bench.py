"""What is timed: close_pairs on points that are new for each trial, and a look at what it answers."""

import os
import random
import sys

from close import close_pairs

RADIUS = 0.01

draw = random.Random(os.environ.get("AUTORESEARCH_SEED", "by hand"))
points = [(draw.random(), draw.random()) for _ in range(2_000)]
found = close_pairs(points, RADIUS)

# A fast wrong answer is worth nothing: for some of the points all is compared with all.
for number in draw.sample(range(len(points)), 20):
    x, y = points[number]
    for other, (u, v) in enumerate(points):
        squared = (x - u) ** 2 + (y - v) ** 2
        if other == number or abs(squared - RADIUS**2) < 1e-12:
            continue  # too near to the limit to call it wrong
        if ((min(number, other), max(number, other)) in found) != (squared < RADIUS**2):
            sys.exit(f"wrong about points {number} and {other}")
