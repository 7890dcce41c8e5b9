"""A server's behaviour that changes with every request, by chance and by a seed, and that keeps count of it all."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.coding_replies import first_codes, invented_quote
from tests.support.openai_server import Body, Broken, Busy, Cut, Filtered, OutOfQuota, Refuses, Response, completion

WEIGHTS = {
    "good": 60, "busy": 4, "busy_for_a_time": 2, "broken": 4, "slow": 1, "cut_connection": 3, "garbled": 2,
    "not_json": 4, "ignores_schema": 3, "unknown_ids": 3, "invented_quote": 4, "refuses": 2, "filtered": 2, "cut": 2,
    "wrong_usage": 4,
}  # fmt: skip
ABSURD = [
    {"prompt_tokens": -5, "completion_tokens": 3},
    {"prompt_tokens": 10**12, "completion_tokens": 10**12},
    {"prompt_tokens": "many", "completion_tokens": None},
    {},
]


@dataclass
class Moody:
    """told: by request id, the tokens that can be true.

    quota_at: the request that finds the account empty. The first ones are good, so that the address is known to be.
    """

    seed: int
    slow_seconds: float
    quota_at: int = 0
    count: int = 0
    moods: Counter[str] = field(default_factory=Counter)
    told: dict[str, tuple[int, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def respond(self, request: Body) -> Response:
        with self.lock:
            self.count += 1
            number = self.count
            mood = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            mood = "good" if number <= 5 else "out_of_quota" if number == self.quota_at else mood
            self.moods[mood] += 1
            absurd = self.chance.choice(ABSURD)
        if mood == "slow":
            time.sleep(self.slow_seconds)
        response = self._response(mood, request, absurd)
        request_id = f"moody-{number}"
        if isinstance(response.body, Mapping) and "usage" in response.body and mood not in ("wrong_usage", "slow"):
            usage = response.body["usage"]
            with self.lock:
                self.told[request_id] = (usage["prompt_tokens"], usage["completion_tokens"])
        return replace(response, headers={**response.headers, "x-request-id": request_id})

    def _response(self, mood: str, request: Body, absurd: Mapping[str, Any]) -> Response:
        good = completion(request, json.dumps(first_codes(request)))
        match mood:
            case "busy":
                return Busy(None).respond(request)
            case "busy_for_a_time":
                return Busy("0.1").respond(request)
            case "broken":
                return Broken(500).respond(request)
            case "cut_connection":
                return replace(Response(200, json.dumps(good.body)), is_cut=True)
            case "garbled":
                return Response(200, '{"choices": [{"mess')
            case "not_json":
                return completion(request, '{"d1": {"codes": [')
            case "ignores_schema":
                return completion(request, '{"answer": "The cause was the network."}')
            case "unknown_ids":
                return completion(request, json.dumps(_with_codes(first_codes(request), ["c999999"])))
            case "invented_quote":
                return completion(request, json.dumps(invented_quote(request)))
            case "refuses":
                return Refuses().respond(request)
            case "filtered":
                return Filtered().respond(request)
            case "cut":
                return Cut().respond(request)
            case "out_of_quota":
                return OutOfQuota().respond(request)
            case "wrong_usage":
                return Response(200, {**dict(good.body), "usage": absurd})  # type: ignore[arg-type]
        return good


def _with_codes(reply: dict[str, Any], codes: list[str]) -> dict[str, Any]:
    return {key: {**part, "codes": codes} for key, part in reply.items()}
