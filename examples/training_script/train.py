"""A small neural network in plain Python: learns from the examples on standard input, and prints its guesses.

In: {"examples": [[x, y], …], "inputs": [x, …]}. Out: a guess of y for each of the inputs, as a JSON list.
"""

import json
import random
import sys
from math import tanh

# A first draft, to be tuned.
RATE = 0.003  # tune: log 0.001..0.3  # how far each step goes
MOMENTUM = 0.0  # tune: 0.0..0.95  # how much of the last step is done again
WIDTH = 4  # tune: 2..16  # neurons
SPREAD = 0.5  # tune: log 0.1..10.0  # of the weights that it begins with
BATCH = 32  # tune: 4 | 8 | 16 | 32  # examples a step
PASSES = 200

Row = list[float]  # a number for each neuron


def train(examples: list[tuple[float, float]], draw: random.Random) -> list[Row]:
    """Weights in, biases and weights out of the hidden neurons, by gradient descent on the squared error."""
    weights = [[draw.gauss(0, SPREAD) for _ in range(WIDTH)] for _ in range(3)]
    speed = [[0.0] * WIDTH for _ in range(3)]
    for _ in range(PASSES):
        draw.shuffle(examples)
        for start in range(0, len(examples), BATCH):
            batch = examples[start : start + BATCH]
            for row, moving, slope in zip(weights, speed, gradient(weights, batch), strict=True):
                for i in range(WIDTH):
                    moving[i] = MOMENTUM * moving[i] - RATE * slope[i]
                    row[i] += moving[i]
    return weights


def gradient(weights: list[Row], batch: list[tuple[float, float]]) -> list[Row]:
    """The slope of the mean squared error of a batch, for each weight."""
    (into, bias, out), slopes = weights, [[0.0] * WIDTH for _ in range(3)]
    for x, y in batch:
        hidden = [tanh(into[i] * x + bias[i]) for i in range(WIDTH)]
        off = 2 * (sum(map(lambda h, o: h * o, hidden, out)) - y) / len(batch)
        for i in range(WIDTH):
            back = off * out[i] * (1 - hidden[i] ** 2)
            slopes[0][i] += back * x
            slopes[1][i] += back
            slopes[2][i] += off * hidden[i]
    return slopes


def guess(weights: list[Row], x: float) -> float:
    """What the network makes of x."""
    return sum(out * tanh(into * x + bias) for into, bias, out in zip(*weights, strict=True))


if __name__ == "__main__":
    given = json.load(sys.stdin)
    trained = train([(x, y) for x, y in given["examples"]], random.Random(1))
    print(json.dumps([guess(trained, x) for x in given["inputs"]]))
