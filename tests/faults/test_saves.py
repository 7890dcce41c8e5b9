"""The script that measures what a save costs measures what it says, on a small round."""

from bench.saves import TARGETS, _figures, measure


def test_saves_of_a_small_round_are_measured_whole() -> None:
    sizes, screen, problems = measure([40], 1.0, with_screen=False, assignments=400)

    assert (problems, screen) == ([], {})
    [size] = sizes
    assert (size.incidents, size.assignments, size.missing, size.half) == (40, 400, 0, 0)
    assert [each.coders for each in size.measured] == [1, 8]
    assert all(each.saves > 0 and 0 < each.save_p50_ms <= each.save_p95_ms for each in size.measured)
    assert set(_figures(sizes, screen)) < set(TARGETS)
