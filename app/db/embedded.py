"""An embedded Postgres in a data folder: a real server, reached only through a socket in a private folder.

In the data folder: `tandem.pid` (who uses it), `postgres/data` (the cluster and its socket), `postgres/log`,
`postgres/programs-18` (the server's own programs, for the day when Tandem brings a newer Postgres).
"""

from pathlib import Path

from app.db.cluster import Cluster, running_server
from app.db.cluster_upgrade import upgrade_where_older
from app.db.data_folder import DataFolderLock
from app.db.kept_programs import keep_programs
from app.db.postgres_files import make_private, wheel_programs

__all__ = ["EmbeddedPostgres", "running_server"]


class EmbeddedPostgres:
    """A server for one running Tandem. Left over after a kill, it is taken over by the next start."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.home = self.data_dir / "postgres"
        self.cluster = self.home / "data"
        self.log = self.home / "log"
        self._lock = DataFolderLock(self.data_dir)
        self._server = Cluster(self.cluster, self.log, wheel_programs)

    def start(self) -> str:
        """Returns the URL of the server. Raises DataFolderInUse when another Tandem runs on this folder."""
        make_private(self.data_dir)
        self._lock.take()
        try:
            make_private(self.home)
            upgrade_where_older(self.home)
            self._server.make()
            self._server.start()
            keep_programs(self.home)
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, what was committed is on disk. No process stays."""
        if not self._lock.held:
            return
        self._server.stop()
        self._lock.release()

    def is_running(self) -> bool:
        return self._server.is_running()

    def is_ready(self) -> bool:
        return self._server.is_ready()

    def run_again(self) -> None:
        self._server.run_again()

    def last_words(self) -> str:
        return self._server.last_words()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self) -> str:
        return self._server.url()

    def forget_short_path(self) -> None:
        self._server.forget_short_path()
