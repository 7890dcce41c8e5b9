"""The data folder belongs to one running Tandem at a time."""

import fcntl
import os
from pathlib import Path
from typing import IO

from app.problems import Conflict


class DataFolderInUse(Conflict):
    """Another Tandem is using this data folder. Stop it, or name another folder with --data-dir."""


class DataFolderLock:
    """A lock the kernel lets go when its process ends, however that ends; the file names the process for people."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> None:
        opened = (self.folder / "tandem.pid").open("a+", encoding="ascii")
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            opened.seek(0)
            holder = opened.read().strip() or "unknown"
            opened.close()
            raise DataFolderInUse(
                f"Another Tandem (process {holder}) is using the data folder {self.folder}. "
                "Stop it, or name another folder with --data-dir or TANDEM_DATA_DIR."
            ) from None
        opened.truncate(0)
        opened.write(f"{os.getpid()}\n")
        opened.flush()
        self._file = opened

    def release(self) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None
