"""A data folder of an older Postgres becomes one of ours: dumped by the old server, restored into a new one, checked.

The old folder stays as it is until the new one is whole. In `postgres/`, step by step:

    data                      the old cluster; its server runs for the dump
    upgrading, upgrading.tandem   the new cluster and the backup on their way; thrown away when a start finds them
    upgraded                  the new cluster, whole, both servers ended
    data-15, then data        the old one set aside, the new one in its place

A kill leaves one of these states, and each is one that the next start goes on from.
"""

import logging
import os
from pathlib import Path

from app.db.backup import NothingToBackUp, back_up
from app.db.cluster import Cluster, remove_whole, version_of
from app.db.kept_programs import programs_of
from app.db.postgres_files import MAJOR, Programs, wheel_programs
from app.db.restore import restore
from app.problems import Invalid

log = logging.getLogger(__name__)


class DataOfNewerPostgres(Invalid):
    """This data folder was made by a newer Postgres than this Tandem brings."""


class NoOlderPrograms(Invalid):
    """This data folder was made by an older Postgres, whose programs are gone."""


def upgrade_where_older(home: Path) -> None:
    """home: the folder `postgres`. The caller holds its lock. Raises a Problem before anything is touched."""
    data, upgraded = home / "data", home / "upgraded"
    if not data.exists() and version_of(upgraded) is not None:
        _move(upgraded, data)  # killed between the two moves
    _throw_away(home)
    major = version_of(data)
    if major is None or major == MAJOR:
        return
    if major > MAJOR:
        raise DataOfNewerPostgres(
            f"The data folder {data} was made by Postgres {major}, and this Tandem brings Postgres {MAJOR}. "
            "Start the Tandem that made it, or a later one. Nothing was touched."
        )
    _upgrade(home, data, major)


def _upgrade(home: Path, data: Path, major: int) -> None:
    programs = _older_programs(home, data, major)
    log.warning("The data folder is of Postgres %s. Bringing it to Postgres %s; this takes a moment.", major, MAJOR)
    old = Cluster(data, home / "log", lambda: programs)
    new = Cluster(home / "upgrading", home / "log", wheel_programs)
    try:
        old.start()
        new.make()
        new.start()
        _carry_over(old, new, home / "upgrading.tandem")
    finally:
        new.stop()
        old.stop()
    aside = _free_name(home, major)
    _move(new.folder, home / "upgraded")
    _move(data, aside)
    _move(home / "upgraded", data)
    (home / "upgrading.tandem").unlink(missing_ok=True)
    log.warning(
        "The data is now of Postgres %s. The old folder is kept as %s; remove it when all is well.", MAJOR, aside
    )


def _carry_over(old: Cluster, new: Cluster, file: Path) -> None:
    """The same as `tandem backup` and `tandem restore`: the rows are counted and compared."""
    try:
        back_up(old.url(), file)
    except NothingToBackUp:  # Tandem was killed in its very first start
        return
    restore(new.url(), file)


def _older_programs(home: Path, data: Path, major: int) -> Programs:
    programs = programs_of(major, home)
    if programs is None:
        raise NoOlderPrograms(
            f"The data folder {data} was made by Postgres {major}, and this Tandem brings Postgres {MAJOR}. To carry "
            f"the data over it needs the programs of Postgres {major} and finds none: install them (on Debian and "
            f"Ubuntu: postgresql-{major}) and start again; or start the Tandem that made the folder, `tandem backup "
            "FILE`, and restore that file here into a new data folder. Nothing was touched."
        )
    return programs


def _throw_away(home: Path) -> None:
    """What a killed upgrade left on its way. Where `data` is still there, it alone counts."""
    for folder in (home / "upgrading", home / "upgraded", home / "unfinished-upgrading"):
        remove_whole(folder)
    for file in (home / "upgrading.tandem", *home.glob(".upgrading.tandem.*.unfinished")):
        file.unlink(missing_ok=True)


def _free_name(home: Path, major: int) -> Path:
    """`data-15`; where an earlier upgrade left that, `data-15-2`."""
    names = [f"data-{major}", *(f"data-{major}-{number}" for number in range(2, 1000))]
    return next(home / name for name in names if not (home / name).exists())


def _move(folder: Path, to: Path) -> None:
    folder.rename(to)
    parent = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
