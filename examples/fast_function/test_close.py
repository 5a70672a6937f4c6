"""Whatever makes it faster, these still hold."""

import random
import unittest
from itertools import combinations
from math import hypot

from close import close_pairs


class ClosePairs(unittest.TestCase):
    def test_it_finds_what_comparing_all_with_all_finds(self) -> None:
        for seed in range(20):
            draw = random.Random(seed)
            points = [(draw.uniform(-1, 1), draw.uniform(-1, 1)) for _ in range(80)]
            radius = draw.uniform(0.01, 0.5)
            numbered = combinations(enumerate(points), 2)
            near = {(i, j) for (i, a), (j, b) in numbered if hypot(a[0] - b[0], a[1] - b[1]) <= radius}
            self.assertEqual(close_pairs(points, radius), near)

    def test_points_may_be_equal_or_few(self) -> None:
        self.assertEqual(close_pairs([], 1.0), set())
        self.assertEqual(close_pairs([(0.5, 0.5)], 1.0), set())
        self.assertEqual(close_pairs([(0.5, 0.5), (0.5, 0.5), (9.0, 9.0)], 1.0), {(0, 1)})


if __name__ == "__main__":
    unittest.main()
