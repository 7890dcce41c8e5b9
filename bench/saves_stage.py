"""A large running round for `bench.saves`: made by the makers where it is small, filled by SQL where it is many."""

from dataclasses import dataclass

import psycopg

from tests.support.seats import TEXT, Seats, take_seats

CODERS = 10
ASSIGNMENTS = 100_000
BEGUN = 2  # incidents that the makers make, so that the rows filled in are like theirs
OF_ROUND = "FROM assignments WHERE study_id = %(study)s AND id = (SELECT min(id) FROM assignments)"
FILL = (
    "SET LOCAL session_replication_role = replica",  # the keys fit by how they are made; to check them takes minutes
    """INSERT INTO incidents (study_id, number, source, external_id, title, text, text_sha256)
    SELECT %(study)s, n, 'made', 'INC-' || n, 'Incident ' || n, %(text)s,
      encode(sha256(convert_to(%(text)s, 'UTF8')), 'hex')
    FROM generate_series(%(begun)s + 1, %(incidents)s) n""",
    f"""INSERT INTO round_incidents (study_id, round_id, incident_id, sampling_probability)
    SELECT study_id, (SELECT round_id {OF_ROUND}), id, 1 FROM incidents
    WHERE study_id = %(study)s AND number > %(begun)s""",
    f"""INSERT INTO assignments (study_id, round_id, incident_id, member_id, arm, "order", sampling_probability)
    SELECT incidents.study_id, (SELECT round_id {OF_ROUND}), incidents.id,
      (%(members)s::bigint[])[1 + (number + k) %% %(coders)s], 'blind', number, 1
    FROM incidents, generate_series(0, %(raters)s - 1) k WHERE study_id = %(study)s AND number > %(begun)s""",
)
MEMBERS = "SELECT DISTINCT member_id FROM assignments WHERE study_id = %(study)s ORDER BY member_id"
CODES = (
    "SELECT dimension_id, min(code_id), max(code_id) FROM code_revisions WHERE study_id = %(study)s "
    "GROUP BY dimension_id ORDER BY dimension_id"
)
DESK = (
    "SELECT id FROM assignments WHERE study_id = %(study)s AND member_id = %(member)s "
    'AND "order" > %(begun)s ORDER BY "order" LIMIT 2'
)


@dataclass(frozen=True)
class Desks:
    """codes: dimension and code of each save of an incident. member_ids: in the order of seats.emails."""

    url: str
    seats: Seats
    incidents: int
    assignments: int
    member_ids: tuple[int, ...]
    codes: tuple[tuple[int, int], ...]

    def first(self, member_id: int) -> str:
        return self.two_of(member_id)[0]

    def two_of(self, member_id: int) -> tuple[str, str]:
        with psycopg.connect(self.url) as connection:
            named = {"study": self.seats.study_id, "member": member_id, "begun": BEGUN}
            first, second = [row[0] for row in connection.execute(DESK, named)]
        home = f"/studies/{self.seats.slug}/assignments"
        return f"{home}/{first}", f"{home}/{second}"


def set_stage(url: str, *, incidents: int, assignments: int) -> Desks:
    seats = take_seats(url, "saves", coders=CODERS, incidents=BEGUN, arm="blind")
    plain = url.replace("+psycopg", "")
    raters = max(1, min(CODERS, assignments // incidents))
    with psycopg.connect(plain) as connection:
        study = {"study": seats.study_id}
        members = [row[0] for row in connection.execute(MEMBERS, study)]
        named = {**study, "text": TEXT, "begun": BEGUN, "incidents": incidents, "members": members}
        for statement in FILL:
            connection.execute(statement, {**named, "coders": CODERS, "raters": raters})
        [(cause, first, _), (symptom, one, other)] = connection.execute(CODES, study).fetchall()
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    codes = ((cause, first), (symptom, one), (symptom, other))
    return Desks(plain, seats, incidents, incidents * raters, tuple(members), codes)
