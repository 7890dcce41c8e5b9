"""A large codebook over much that was handed in, for `bench.codebook`: begun by the makers, filled by SQL."""

from dataclasses import dataclass

import psycopg

from tests.support.seats import TEXT, Seats, take_seats

CODERS = 10
BEGUN = 2  # incidents that the makers make
FILL = (
    "SET LOCAL session_replication_role = replica",  # the keys fit by how they are made; to check them takes minutes
    # A tenth of the codes are categories; the others stand under one of them, every third a level deeper.
    """WITH made AS (
      INSERT INTO codes (study_id, created_by, origin)
      SELECT %(study)s, %(members)s[1], 'coding' FROM generate_series(1, %(codes)s) RETURNING id
    ), placed AS (
      SELECT id, row_number() OVER (ORDER BY id) AS n, array_agg(id) OVER () AS ids FROM made
    ), dims AS (
      SELECT array_agg(DISTINCT dimension_id ORDER BY dimension_id) AS ids
      FROM dimension_revisions WHERE study_id = %(study)s
    ), revised AS (
      INSERT INTO code_revisions (study_id, code_id, codebook_seq, member_id, kind, dimension_id, parent_id,
        is_category, name, definition, use_when, not_when, colour, position)
      SELECT %(study)s, p.id, %(seq)s, %(members)s[1], 'created', d.ids[1 + n %% cardinality(d.ids)],
        CASE WHEN n <= %(categories)s THEN NULL
          WHEN n %% 3 = 0 AND n > %(categories)s * 3 THEN p.ids[n - %(categories)s]
          ELSE p.ids[1 + (n - 1) %% %(categories)s] END,
        n <= %(categories)s, 'Contributing factor ' || n, 'What it is, in a sentence that is as long as one.',
        'When the report says so.', 'When it says something else.', CASE WHEN n %% 5 = 0 THEN '#842c61' ELSE '' END, n
      FROM placed p, dims d
    )
    INSERT INTO code_disclosures (study_id, code_id, extent, member_id)
    SELECT %(study)s, id, 'whole', %(members)s[1] FROM placed""",
    "UPDATE studies SET codebook_seq = %(seq)s WHERE id = %(study)s",
    """INSERT INTO incidents (study_id, number, source, external_id, title, text, text_sha256)
    SELECT %(study)s, n, 'made', 'INC-' || n, 'Incident ' || n, %(text)s,
      encode(sha256(convert_to(%(text)s, 'UTF8')), 'hex')
    FROM generate_series(%(begun)s + 1, %(incidents)s) n""",
    """INSERT INTO round_incidents (study_id, round_id, incident_id, sampling_probability)
    SELECT study_id, %(round)s, id, 1 FROM incidents WHERE study_id = %(study)s AND number > %(begun)s""",
    """INSERT INTO assignments (study_id, round_id, incident_id, member_id, arm, "order", sampling_probability)
    SELECT study_id, %(round)s, incidents.id, member, 'blind', number, 1
    FROM incidents, unnest(%(members)s) member WHERE study_id = %(study)s AND number > %(begun)s""",
    """INSERT INTO submissions (study_id, assignment_id, round_id, incident_id, member_id, ordinal, kind,
      independent, codebook_seq)
    SELECT study_id, id, round_id, incident_id, member_id, 1, 'submitted', true, %(seq)s
    FROM assignments WHERE study_id = %(study)s AND round_id = %(round)s""",
    """INSERT INTO submitted_answers (study_id, submission_id, round_id, incident_id, member_id, dimension_id, state)
    SELECT s.study_id, s.id, s.round_id, s.incident_id, s.member_id, d.id, 'coded'
    FROM submissions s JOIN dimensions d ON d.study_id = s.study_id WHERE s.study_id = %(study)s""",
    """WITH usable AS (
      SELECT dimension_id, array_agg(code_id ORDER BY code_id) AS ids FROM code_revisions
      WHERE study_id = %(study)s AND NOT is_category GROUP BY dimension_id
    )
    INSERT INTO submitted_codes (study_id, answer_id, submission_id, round_id, incident_id, dimension_id, member_id,
      code_id, is_main, origin)
    SELECT a.study_id, a.id, a.submission_id, a.round_id, a.incident_id, a.dimension_id, a.member_id,
      u.ids[1 + (a.id * 7919) %% cardinality(u.ids)], false, 'own'
    FROM submitted_answers a JOIN usable u USING (dimension_id) WHERE a.study_id = %(study)s""",
    "UPDATE rounds SET phase = 'closed' WHERE study_id = %(study)s AND id = %(round)s",
)


@dataclass(frozen=True)
class Shelf:
    """What was filled in, as the database counts it."""

    seats: Seats
    codes: int
    submitted_codes: int
    a_code: int  # one that has been applied, with codes beside it


def set_stage(url: str, *, codes: int, submitted_codes: int) -> Shelf:
    seats = take_seats(url, "shelf", coders=CODERS, incidents=BEGUN, arm="blind")
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        study = {"study": seats.study_id}

        def one(query: str) -> int:
            found = connection.execute(query, study).fetchone()
            assert found is not None
            return int(found[0])

        members = [
            row[0]
            for row in connection.execute(
                "SELECT DISTINCT member_id FROM assignments WHERE study_id = %(study)s ORDER BY 1", study
            )
        ]
        here = one("SELECT count(*) FROM codes WHERE study_id = %(study)s")
        named = {
            **study,
            "text": TEXT,
            "begun": BEGUN,
            "members": members,
            "codes": codes - here,
            "categories": max(1, codes // 10),
            "seq": one("SELECT codebook_seq FROM studies WHERE id = %(study)s") + 1,
            "round": one("SELECT min(id) FROM rounds WHERE study_id = %(study)s"),
            "incidents": max(BEGUN + 1, submitted_codes // (CODERS * 2)),  # two dimensions, a code in each
        }
        for statement in FILL:
            connection.execute(statement, named)
        found = Shelf(
            seats,
            one("SELECT count(*) FROM codes WHERE study_id = %(study)s"),
            one("SELECT count(*) FROM submitted_codes WHERE study_id = %(study)s"),
            one("SELECT max(code_id) FROM submitted_codes WHERE study_id = %(study)s"),
        )
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return found
