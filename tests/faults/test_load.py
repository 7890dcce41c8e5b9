"""The script that measures a team at work measures what it says, on a team of three."""

from pathlib import Path

from bench.load import load


def test_a_small_team_is_measured_whole(tmp_path: Path) -> None:
    found = load(tmp_path, coders=3, minutes=0.15, servers=1, think_seconds=0.1, coin_share=0.1)

    assert (found.errors, found.missing, found.half) == ([], 0, 0)
    assert found.saves.how_many == sum(kind.how_many for kind in found.saves_by_kind.values()) > 5
    assert 0 < found.saves.p50_ms <= found.saves.p95_ms <= found.saves.longest_ms
    assert found.pages.how_many > 0
    assert all(50 < mib < 2000 for mib in found.memory_mib.values())
