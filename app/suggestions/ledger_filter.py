"""Which calls of the ledger are wanted: read from an address, written into one, and as conditions of a query."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, or_, select

from app.incidents.models import Incident
from app.ledger.models import OUTCOMES, ModelCall
from app.rounds.models import Round
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.queries import SUBJECT
from app.web.forms import A_NUMBER, whole_number

NEWEST, DEAR = "newest", "dear"
THIS_SERVER = "server"  # the model that the settings of the server name
LONGEST_TYPED = 300


@dataclass(frozen=True)
class LedgerFilter:
    """Blank or None: any. round: its number. endpoint: THIS_SERVER or the id of one. since, until: days in UTC, both
    within. troubled: only calls that were not read whole."""

    run: int | None = None
    round: int | None = None
    model: str = ""
    endpoint: str = ""
    outcome: str = ""
    purpose: str = ""
    incident: str = ""
    since: date | None = None
    until: date | None = None
    troubled: bool = False
    order: str = NEWEST

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> "LedgerFilter":
        """What makes no sense asks for nothing."""

        def words(name: str) -> str:
            return typed.get(name, "").strip()[:LONGEST_TYPED].replace("\0", "")

        endpoint = words("endpoint")
        return cls(
            run=whole_number(words("run")),
            round=whole_number(words("round"), below=A_NUMBER),
            model=words("model"),
            endpoint=endpoint if endpoint == THIS_SERVER or whole_number(endpoint) is not None else "",
            outcome=words("outcome") if words("outcome") in OUTCOMES else "",
            purpose=words("purpose"),
            incident=words("incident"),
            since=_day(words("since")),
            until=_day(words("until")),
            troubled=words("troubled") == "yes",
            order=DEAR if words("order") == DEAR else NEWEST,
        )

    @property
    def is_narrow(self) -> bool:
        return replace(self, order=NEWEST) != LedgerFilter()

    def fields(self, **changes: Any) -> dict[str, str]:
        """As they stand in an address or a form; what asks for nothing is left out."""
        wanted = replace(self, **changes)
        said = {name: getattr(wanted, name) for name in self.__dataclass_fields__}
        said |= {"troubled": "yes" if wanted.troubled else "", "order": wanted.order if wanted.order == DEAR else ""}
        return {name: str(value) for name, value in said.items() if value not in (None, "")}

    def query(self, **changes: Any) -> str:
        return urlencode(self.fields(**changes))

    def conditions(self, study_id: int) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [ModelCall.study_id == study_id]
        if self.run is not None or self.round is not None or self.incident:
            found += [ModelCall.subject_kind == SUBJECT, ModelCall.subject_id.in_(self._subjects(study_id))]
        if self.model:
            found.append(ModelCall.model_asked == self.model)
        if self.endpoint == THIS_SERVER:
            found.append(ModelCall.endpoint_id.is_(None))
        elif self.endpoint:
            found.append(ModelCall.endpoint_id == int(self.endpoint))
        if self.outcome:
            found.append(ModelCall.outcome == self.outcome)
        if self.purpose:
            found.append(ModelCall.purpose == self.purpose)
        if self.troubled:
            found.append(or_(ModelCall.outcome != "valid", ModelCall.problem != ""))
        if self.since:
            found.append(ModelCall.at >= _midnight(self.since))
        if self.until and self.until < date.max:
            found.append(ModelCall.at < _midnight(self.until) + timedelta(days=1))
        return found

    def _subjects(self, study_id: int) -> Any:
        """Incidents of runs that the calls are about."""
        query = select(RunIncident.id).where(RunIncident.study_id == study_id)
        if self.run is not None:
            query = query.where(RunIncident.run_id == self.run)
        if self.round is not None:
            of_run = (SuggestionRun.study_id == RunIncident.study_id) & (SuggestionRun.id == RunIncident.run_id)
            of_round = (Round.study_id == SuggestionRun.study_id) & (Round.id == SuggestionRun.round_id)
            query = query.join(SuggestionRun, of_run).join(Round, of_round).where(Round.number == self.round)
        if self.incident:
            number = whole_number(self.incident.removeprefix("#"), below=A_NUMBER)
            named: ColumnElement[bool] = Incident.external_id == self.incident
            if number is not None:
                named = or_(named, Incident.number == number)
            of_incident = (Incident.study_id == RunIncident.study_id) & (Incident.id == RunIncident.incident_id)
            query = query.join(Incident, of_incident).where(named)
        return query


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
