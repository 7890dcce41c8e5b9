from datetime import UTC, datetime

import pytest

from app.methods.lifecycle import Duration, MeasuredFrom, Stage, StageTimes, durations, stages_out_of_order


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 4, 3, hour, minute, tzinfo=UTC)


WHOLE = StageTimes(at(2, 58), at(3, 12), at(4), at(5, 40), at(6))


def test_durations_run_from_the_start_of_the_impact() -> None:
    found = durations(WHOLE)
    assert [one.seconds for one in (found.ttd, found.ttt, found.ttm, found.ttr)] == [840, 3720, 9720, 10920]


def test_or_each_from_the_stage_before() -> None:
    found = durations(WHOLE, MeasuredFrom.STAGE_BEFORE)
    assert [one.seconds for one in (found.ttd, found.ttt, found.ttm, found.ttr)] == [840, 2880, 6000, 1200]


def test_a_missing_stage_is_never_stepped_over() -> None:
    found = durations(StageTimes(at(2), None, at(4), None, at(6)), MeasuredFrom.STAGE_BEFORE)
    assert found.ttd == Duration(None, "no time for detected")
    assert found.ttt == Duration(None, "no time for detected")
    assert found.ttm == Duration(None, "no time for mitigated")
    assert found.ttr == Duration(None, "no time for mitigated")
    assert durations(StageTimes()).ttr == Duration(None, "no time for started and resolved")


def test_a_stage_before_the_start_has_no_duration_and_says_why() -> None:
    times = StageTimes(at(3), at(2), None, at(3))
    assert durations(times).ttd == Duration(None, "detected before started")
    assert durations(times).ttm == Duration(0.0)
    assert stages_out_of_order(times) == [(Stage.DETECTED, Stage.STARTED)]
    assert stages_out_of_order(WHOLE) == []


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="detected_at"):
        StageTimes(detected_at=datetime(2025, 4, 3))
