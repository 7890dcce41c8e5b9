"""Promises 1, 2 and 3 as a property: whatever the plan of a round and whatever its coders did, on every route there is.

TANDEM_BLINDNESS_SEEDS says how many studies are made; each can be made again by its seed alone.
"""

import itertools
import os
import random
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import routers
from app.coding.models import Act, Exposure
from app.suggestions.models import Suggestion
from tests.support.addresses import get_addresses, is_stream, looked_at, post_addresses
from tests.support.by_chance import ChanceScene, scene_by_chance
from tests.support.clients import HTMX, client_for
from tests.support.scenes import MODEL_SAID
from tests.support.walking import unpacked

__all__ = ["client_for"]
SEEDS = range(int(os.environ.get("TANDEM_BLINDNESS_SEEDS", "4")))


@pytest.mark.parametrize("seed", SEEDS)
def test_promises_1_2_and_3_nothing_of_a_running_round_is_reached_by_looking(session, database, client_for, seed):
    """Nor is an exposure recorded. Each author finds words of their own, so the walk reaches where words stand."""
    scene = scene_by_chance(session, database, seed)
    assert session.scalar(select(Suggestion.id).where(Suggestion.study_id == scene.lead.study.id))
    exposures = number_of(session, Exposure)
    addresses = all_addresses(session, scene)
    for who, viewer in scene.everybody.items():
        others = [word for owner, words in scene.words.items() if owner != who for word in words]
        own = set()
        drawn = random.Random(f"{seed} {who}")  # each way of asking at about half of the addresses, of each seed others
        for address, shown in looked_at(client_for(viewer), addresses, drawn, both_ways=False):
            found = [word for word in (*others, MODEL_SAID) if word in shown]
            assert not found, f"seed {seed}: {who} is shown {found} at {address}"
            own.update(word for word in scene.words[who] if word in shown)
        assert own or not scene.words[who], f"seed {seed}: {who} finds nothing of their own"
        if who != "lead":  # whose own stream is read in tests/suggestions/test_over_the_wire.py, on a real server
            assert client_for(viewer).get(stream_of(scene)).status_code == 403, f"seed {seed}: {who}"
    assert number_of(session, Exposure) == exposures, f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS[3::4])
def test_promise_1_no_post_gives_out_anything_of_a_running_round(session, connection, database, client_for, seed):
    """Every route that changes something, met by the walk; what it changed is taken back afterwards."""
    scene = scene_by_chance(session, database, seed)
    posts = list(post_addresses(session, scene))
    assert len(posts) > 60
    for who, viewer in scene.everybody.items():
        others = [word for owner, words in scene.words.items() if owner != who for word in words]
        client = client_for(viewer)
        for (address, fields), headers in zip(posts, itertools.cycle(({}, HTMX)), strict=False):
            before = connection.begin_nested()
            answer = client.post(address, data=fields, headers=headers)
            shown = unpacked(answer.content).decode(errors="replace")
            before.rollback()
            session.expire_all()
            # Taking the study opens shared memos of rounds that are past their coding, and records that it does.
            opened = "EARLIER" if address.endswith("/export/study") else None
            found = [word for word in others if word in shown and not (opened and word.startswith(opened))]
            assert not found, f"seed {seed}: {who} is shown {found} by POST {address} {fields}"


def test_the_studies_differ_as_rounds_do_and_come_again_by_their_seed(session, database):
    made = [scene_by_chance(session, database, seed) for seed in range(4)]
    rounds = [scene.coding_round for scene in made]
    assert len({one.purpose for one in rounds}) == len({one.arm for one in rounds}) == 4
    done = set(session.scalars(select(Act.kind)))
    assert {"toggle_code", "create_code", "add_evidence", "submit", "take_back", "undo", "redo", "skip"} <= done
    again = scene_by_chance(session, database, 2)
    assert kinds_done(session, again) == kinds_done(session, made[2]) != kinds_done(session, made[1])


def all_addresses(session: Session, scene: ChanceScene) -> list[str]:
    """Of both rounds."""
    running, earlier = (
        get_addresses(session, replace(scene, coding_round=one)) for one in (scene.coding_round, scene.earlier)
    )
    found = list(dict.fromkeys([*running, *earlier]))
    assert len(found) > 100
    return found


def stream_of(scene: ChanceScene) -> str:
    streams = [route for route in itertools.chain.from_iterable(one.routes for one in routers.ALL) if is_stream(route)]
    assert len(streams) == 1
    return streams[0].path.format(slug=scene.lead.study.slug, number=scene.coding_round.number)


def number_of(session: Session, model) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def kinds_done(session: Session, scene: ChanceScene) -> list[str]:
    return list(session.scalars(select(Act.kind).where(Act.study_id == scene.lead.study.id).order_by(Act.id)))
