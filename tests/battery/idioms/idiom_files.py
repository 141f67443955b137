"""What ordinary suites do with files, databases and archives."""

import dbm
import fcntl
import importlib.resources
import logging
import logging.handlers
import mmap
import os
import shelve
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Parcel(Base):
    __tablename__ = "parcels"
    id: Mapped[int] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(String(40))


def test_tmp_path(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.txt").write_text("b")
    (tmp_path / "a/b.txt").rename(tmp_path / "c.txt")

    assert (tmp_path / "c.txt").read_text() == "b"


def test_tmp_path_factory(tmp_path_factory):
    assert tmp_path_factory.mktemp("data").is_dir()


def test_modes_times_and_links(tmp_path):
    file = tmp_path / "tool"
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    os.utime(file, (1, 2))
    (tmp_path / "soft").symlink_to(file)
    os.link(file, tmp_path / "hard")

    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_mtime) == (0o755, 2)
    assert (tmp_path / "soft").resolve() == file.resolve()


def test_relative_paths_and_chdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("here.txt").write_text("x")

    assert os.listdir() == ["here.txt"]


def test_sqlite_in_a_file(tmp_path):
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("pragma journal_mode=wal")
        connection.execute("create table t (n)")
        connection.execute("insert into t values (1)")

    assert sqlite3.connect(tmp_path / "app.db").execute("select n from t").fetchall() == [(1,)]


def test_sqlite_in_memory():
    assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///{}/orm.db"])
def test_sqlalchemy(tmp_path, url):
    engine = create_engine(url.format(tmp_path))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Parcel(to="Bern"))
        session.commit()
        assert session.scalars(select(Parcel.to)).all() == ["Bern"]
    engine.dispose()


def test_tempfile():
    with tempfile.NamedTemporaryFile("w+") as named, tempfile.TemporaryFile() as nameless:
        named.write("x")
        named.flush()
        nameless.write(b"y")
        assert Path(named.name).read_text() == "x"
    with tempfile.TemporaryDirectory() as folder:
        assert os.path.isdir(folder)


def test_the_folder_for_temporary_files_by_name():
    place = Path("/tmp/an-idiom-of-many-suites")
    place.write_text("x")
    place.unlink()


def test_shelve_and_dbm(tmp_path):
    with shelve.open(str(tmp_path / "shelf")) as shelf:
        shelf["a"] = [1, 2]
    with shelve.open(str(tmp_path / "shelf")) as shelf:
        assert shelf["a"] == [1, 2]
    with dbm.open(str(tmp_path / "map"), "c") as database:
        database["k"] = "v"


def test_archives(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("a")
    made = shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path / "in")
    shutil.unpack_archive(made, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(tmp_path / "in/a.txt", "a.txt")

    assert (tmp_path / "out/a.txt").read_text() == "a"
    assert zipfile.ZipFile(tmp_path / "z.zip").namelist() == ["a.txt"]


def test_logging_to_a_file(tmp_path):
    handler = logging.handlers.RotatingFileHandler(tmp_path / "app.log", maxBytes=20, backupCount=2)
    logger = logging.getLogger("idiom")
    logger.addHandler(handler)
    for number in range(5):
        logger.warning("line %d", number)
    handler.close()
    logger.removeHandler(handler)

    assert (tmp_path / "app.log.1").exists()


def test_importlib_resources():
    assert importlib.resources.files("json").joinpath("decoder.py").is_file()


def test_mmap(tmp_path):
    file = tmp_path / "mapped"
    file.write_bytes(bytes(4096))
    with file.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as mapped:
        mapped[:3] = b"abc"

    assert file.read_bytes()[:3] == b"abc"


def test_file_locks_and_pipes_by_name(tmp_path):
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.mkfifo(tmp_path / "pipe")

    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_big_sparse_file(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(100 << 20)

    assert (tmp_path / "sparse").stat().st_size == 100 << 20
