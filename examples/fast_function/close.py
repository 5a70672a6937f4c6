"""Which points of a plane lie close together? Written to be right, not to be fast."""

from math import floor, hypot

# Points are sorted into the square cells of a grid, so that only neighbours have to be compared.
CELL = 12  # tune: 1..16  # side of a cell, in radii
LOOK = "all"  # tune: all | half  # at all cells around one, or at the half that finds each pair once
NEAR = "hypot"  # tune: hypot | squares  # how a distance is compared with the radius

Point = tuple[float, float]
ALL = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
HALF = [(0, 0), (1, -1), (1, 0), (1, 1), (0, 1)]


def close_pairs(points: list[Point], radius: float) -> set[tuple[int, int]]:
    """Pairs (i, j), i < j, of the numbers of points that are at most `radius` apart."""
    cells: dict[tuple[int, int], list[int]] = {}
    for number, (x, y) in enumerate(points):
        cells.setdefault((floor(x / (CELL * radius)), floor(y / (CELL * radius))), []).append(number)
    found = set()
    for (column, row), members in cells.items():
        for dx, dy in HALF if LOOK == "half" else ALL:
            for other in cells.get((column + dx, row + dy), []):
                for member in members:
                    if member != other and near(points[member], points[other], radius):
                        found.add((min(member, other), max(member, other)))
    return found


def near(a: Point, b: Point, radius: float) -> bool:
    """Are two points at most `radius` apart?"""
    if NEAR == "hypot":
        return hypot(a[0] - b[0], a[1] - b[1]) <= radius
    dx, dy = a[0] - b[0], a[1] - b[1]
    return dx * dx + dy * dy <= radius * radius
