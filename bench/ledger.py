"""How long the ledger takes at 100,000 calls and more: a page, a deep page, the dearest, a filter, totals, the export.

.venv/bin/python -m bench.ledger [--calls 120000]
"""

FILL = """
INSERT INTO run_incidents (study_id, run_id, incident_id, state)
SELECT :study, :run, id, 'done' FROM incidents WHERE study_id = :study;
"""
CALLS = """
INSERT INTO model_calls (study_id, at, member_id, purpose, subject_kind, subject_id, attempt, outcome, system_prompt,
  user_prompt, prompt_sha256, model_asked, model_answered, parameters, raw_answer, input_tokens, cached_tokens,
  output_tokens, reasoning_tokens, price_table, cost_usd, seconds)
SELECT :study, now() - make_interval(mins => (:calls - n)::int), :member, 'suggest', 'run_incident',
  (SELECT min(id) FROM run_incidents WHERE run_id = :run) + n % 1000, 1 + n / 1000,
  CASE WHEN n % 50 = 0 THEN 'failed' WHEN n % 97 = 0 THEN 'lost' ELSE 'valid' END,
  (SELECT string_agg(md5((n % 3 + k)::text), ' ') FROM generate_series(1, 250) k),
  (SELECT string_agg(md5((n + k)::text), ' ') FROM generate_series(1, 60) k), md5(n::text) || md5(n::text), 'model-' || n % 3,
  'model-' || n % 3, '{"temperature": 0}', (SELECT string_agg(md5((n * 7 + k)::text), ' ') FROM generate_series(1, 20) k),
  2500, 2000, 300, 0, 'bench', CASE WHEN n % 10 = 0 THEN NULL ELSE (n % 977) / 100000.0 END, 1.5
FROM generate_series(1, :calls) n
"""
