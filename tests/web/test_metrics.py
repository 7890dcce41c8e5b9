"""Figures for Prometheus: true over several processes, and without a word or a number of a study."""

import re
import socket
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import psutil  # type: ignore[import-untyped]
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.session import Database
from app.ledger.models import ModelCall
from app.main import create_app
from app.settings import Settings
from tests import makers
from tests.support.served import Served, served

TOKEN = "a-token-of-prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(exposition: str) -> Samples:
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(exposition)
        for one in family.samples
    }


def client_with(database: Database, **settings: object) -> TestClient:
    url = "postgresql+psycopg://nowhere"
    return TestClient(create_app(Settings(database_url=url, **settings), database), follow_redirects=False)  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_without_a_token_in_the_settings_there_are_no_figures(database: Database) -> None:
    assert client_with(database).get("/metrics", headers=BEARER).status_code == 404
    assert client_with(database, metrics_port=9).get("/metrics", headers=BEARER).status_code == 404


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}])
def test_who_has_not_the_token_finds_nothing(database: Database, sent: dict[str, str]) -> None:
    assert client_with(database, metrics_token=TOKEN).get("/metrics", headers=sent).status_code == 404


def test_requests_are_counted_by_template_method_and_status(database: Database) -> None:
    client = client_with(database, metrics_token=TOKEN)
    for address in ("/sign-in", "/sign-in", "/studies/secret-study/", "/no/such/secret-place", "/static/favicon.svg"):
        client.get(address)
    said = client.get("/metrics", headers=BEARER).text
    found = samples(said)

    def requests(route: str, status: str) -> float:
        labels = (("method", "GET"), ("route", route), ("status", status))
        return found[("tandem_http_requests_total", labels)]

    assert requests("/sign-in", "200") == 2
    assert requests("/studies/{slug}/", "303") == 1
    assert requests("none", "404") == 1
    assert requests("/static", "200") == 1
    assert found[("tandem_http_request_seconds_count", (("method", "GET"), ("route", "/sign-in")))] == 2
    assert "secret" not in said


def test_jobs_calls_and_tokens_come_from_the_database(session: Session, database: Database) -> None:
    lead = makers.make_study(session)
    for outcome, tokens in (("valid", 30), ("valid", 12), ("failed", None)):
        session.add(
            ModelCall(
                study_id=lead.study.id, purpose="suggest", subject_kind="incident", attempt=1, outcome=outcome,
                system_prompt="secret", user_prompt="secret", prompt_sha256="", model_asked="secret-model",
                input_tokens=tokens, output_tokens=tokens and 1, problem="secret",
            )
        )  # fmt: skip
    for state in ("todo", "failed"):
        job = "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('q', 'x', :state)"
        session.execute(text(job), {"state": state})
    session.flush()
    said = client_with(database, metrics_token=TOKEN).get("/metrics", headers=BEARER).text
    found = samples(said)
    assert found[("tandem_model_calls_total", (("outcome", "valid"),))] == 2
    assert found[("tandem_model_calls_total", (("outcome", "failed"),))] == 1
    assert found[("tandem_model_tokens_total", (("direction", "input"), ("outcome", "valid")))] == 42
    assert found[("tandem_model_tokens_total", (("direction", "output"), ("outcome", "valid")))] == 2
    assert found[("tandem_jobs", (("state", "todo"),))] == 1
    assert found[("tandem_jobs", (("state", "failed"),))] == 1
    assert session.scalars(select(ModelCall.outcome)).all() and "secret" not in said


def test_without_the_database_the_figures_of_requests_remain() -> None:
    gone = Database.at("postgresql+psycopg://ada@127.0.0.1:1/nowhere")
    said = client_with(gone, metrics_token=TOKEN).get("/metrics", headers=BEARER)
    assert said.status_code == 200 and "tandem_pool_connections_in_use" in said.text


@pytest.fixture
def settings(own_database: URL) -> dict[str, str]:
    return {
        "TANDEM_DATABASE_URL": own_database.render_as_string(hide_password=False),
        "TANDEM_METRICS_PORT": str(free_port()),
    }


def total(port: str, route: str) -> float:
    said = samples(httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text)
    counted = [labels for name, labels in said if name == "tandem_http_requests_total" and ("route", route) in labels]
    return sum(said["tandem_http_requests_total", labels] for labels in counted)


def test_two_server_processes_answer_with_the_sum_and_the_second_takes_over(
    settings: dict[str, str], tmp_path: Path
) -> None:
    port = settings["TANDEM_METRICS_PORT"]
    with served(tmp_path, "--workers", "2", "--no-worker", settings=settings, nobody_yet=True) as running:
        for _ in range(30):
            with httpx2.Client(base_url=running.address) as each:  # a connection each, so that both get some
                each.get("/sign-in")
        assert total(port, "/sign-in") == 30
        assert len(counting_processes(running)) == 2

        holder = next(each for each in counting_processes(running) if listens(each, int(port)))
        folder = folder_of(running)
        holder.kill()
        deadline = time.monotonic() + 30
        open_streams = folder / f"gauge_livesum_{holder.pid}.db"
        while True:  # until the second has the port, and knows that the first is gone
            with suppress(httpx2.TransportError):
                assert total(port, "/sign-in") == 30  # what the dead one counted is not forgotten
                if not open_streams.exists():
                    break
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert not folder.exists()


def counting_processes(running: Served) -> list[psutil.Process]:
    written = {int(re.findall(r"_(\d+)\.db", each.name)[0]) for each in folder_of(running).glob("counter_*.db")}
    children = psutil.Process(running.process.pid).children(recursive=True)
    return [each for each in children if each.pid in written]


def folder_of(running: Served) -> Path:
    """In which the server processes count together."""
    children = psutil.Process(running.process.pid).children(recursive=True)
    living = [each for each in children if each.status() != psutil.STATUS_ZOMBIE]
    found = {each.environ().get("PROMETHEUS_MULTIPROC_DIR") for each in living}
    return Path(next(each for each in found if each))


def listens(process: psutil.Process, port: int) -> bool:
    return any(each.laddr.port == port and each.status == psutil.CONN_LISTEN for each in process.net_connections())


def test_one_server_process_serves_them_on_their_port_and_not_beside_the_pages(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with served(tmp_path, "--no-worker", settings=settings, nobody_yet=True) as running:
        httpx2.get(f"{running.address}/sign-in")
        assert total(settings["TANDEM_METRICS_PORT"], "/sign-in") == 1
        elsewhere = httpx2.get(f"http://127.0.0.1:{settings['TANDEM_METRICS_PORT']}/elsewhere")
        assert elsewhere.status_code == 404
        assert httpx2.get(f"{running.address}/metrics").status_code == 404
