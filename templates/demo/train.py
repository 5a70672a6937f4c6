"""Train a small language model on text.txt for a few seconds, then measure how well it guesses new text.

The model spells each byte bit by bit. Every context it knows (the last one, two, three bytes; the word so
far) holds a weight for each bit. The weights of the contexts at hand, summed and squashed, give the
probability of a 1; then the true bit is shown, and these weights move a little towards it.
Method: M. Mahoney, "Fast Text Compression with Neural Networks", FLAIRS 2000.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from itertools import cycle
from math import exp, log2
from pathlib import Path
from time import perf_counter

# What may be tuned. More and longer contexts know more, but are slower: fewer bytes are read in the time.
learning_rate = 0.02  # tune: log 0.003..1.0
schedule = "constant"  # tune: constant | linear | inverse
max_order = 3  # tune: 1..8
words = 0  # tune: 0..3
max_logit = 4.0  # tune: 3.0..12.0

# What may not: how long it trains, and which part of the text is kept back to measure it on.
TIME_BUDGET = float(os.environ.get("AUTORESEARCH_TIME_BUDGET") or 3)  # seconds
HELD_OUT = 0.1

Row = defaultdict[int, float]  # the weights of one context, one for each beginning of a byte
Model = defaultdict[object, Row]  # a context that was never seen has weights of 0, and so no say


def contexts(text: bytes) -> Iterator[list[object]]:
    """For each byte of `text`: the last 0 to `max_order` bytes before it, and the last 1 to `words` words."""
    recent = (b"", b"", b"")  # two words, and as much of the next as has been read
    for i in range(len(text)):
        tails = [text[i - order : i] for order in range(min(max_order, i) + 1)]
        phrases = [recent[-count:] for count in range(1, words + 1)]
        yield [*tails, *phrases]
        letter = text[i : i + 1]
        if letter.isalpha():
            recent = (*recent[:-1], recent[-1] + letter)
        elif recent[-1]:
            recent = (*recent[1:], b"")


def lessons(model: Model, text: bytes) -> Iterator[tuple[int, list[Row]]]:
    """Each byte of `text`, with the rows of the model that have a say in it."""
    for byte, keys in zip(text, contexts(text), strict=True):
        yield byte, [model[key] for key in keys]


def spell(byte: int) -> list[tuple[int, int]]:
    """The eight steps that spell a byte: the bits so far, behind a leading 1, and the bit that follows."""
    return [((256 | byte) >> (shift + 1), byte >> shift & 1) for shift in range(7, -1, -1)]


SPELLING = [spell(byte) for byte in range(256)]


def predict(rows: list[Row], so_far: int) -> float:
    """The probability that the bit after `so_far` is a 1; never quite 0 or 1, whose misses cost infinity."""
    logit = 0.0
    for row in rows:
        logit += row[so_far]
    return 1 / (1 + exp(-max(-max_logit, min(max_logit, logit))))


def learn(byte: int, rows: list[Row], rate: float) -> float:
    """Guess a byte and move the weights towards it, by gradient descent. Returns what it cost, in bits."""
    chance = 1.0
    for so_far, bit in SPELLING[byte]:
        p = predict(rows, so_far)
        chance *= p if bit else 1 - p
        step = rate * (bit - p)
        for row in rows:
            row[so_far] += step
    return -log2(chance)


def step_size(progress: float, epoch: float) -> float:
    """The learning rate when `progress` (0 to 1) of the time is up and the text was read `epoch` times."""
    factors = {"constant": 1.0, "linear": 1 - progress, "inverse": 1 / (1 + epoch)}
    return learning_rate * factors[schedule]


def train(model: Model, text: bytes, budget: float) -> tuple[int, float]:
    """Read `text` over and over until `budget` seconds are up. Returns bytes read and seconds."""
    course = cycle(lessons(model, text))
    start, seen, seconds = perf_counter(), 0, 0.0
    for fifth in range(1, 6):
        cost, first = 0.0, seen
        while seconds < budget * fifth / 5:
            byte, rows = next(course)
            cost += learn(byte, rows, step_size(seconds / budget, seen / len(text)))
            seen += 1
            seconds = perf_counter() - start
        epoch, bits = seen / len(text), cost / max(1, seen - first)
        print(f"{seconds:5.1f} s, epoch {epoch:5.2f}, guessing at {bits:.3f} bits a byte", flush=True)
    return seen, seconds


def evaluate(model: Model, text: bytes) -> float:
    """Bits per byte on `text`, nothing being learned: lower is better; to know nothing costs 8."""
    return sum(learn(byte, rows, rate=0.0) for byte, rows in lessons(model, text)) / len(text)


def main() -> None:
    text = Path(__file__).with_name("text.txt").read_bytes()
    cut = round(len(text) * (1 - HELD_OUT))
    model: Model = defaultdict(lambda: defaultdict(float))
    seen, seconds = train(model, text[:cut], TIME_BUDGET)
    print(f"train_bytes: {cut}\ntrain_seconds: {seconds:.3f}\nepochs: {seen / cut:.2f}")
    print(f"bytes_per_second: {seen / seconds:.0f}\ncontexts: {len(model)}\nval_bytes: {len(text) - cut}")
    print(f"val_bpb: {evaluate(model, text[cut:])}")


if __name__ == "__main__":
    main()
