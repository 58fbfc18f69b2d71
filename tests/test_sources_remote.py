"""Sources behind URLs: on loopback and in memory, with what servers and addresses can do wrong."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_standin import Repository, serve

from libya_news import Drop, RawArticle, build, read
from libya_news.errors import SourceNotFoundError, UsageError
from libya_news.release.rebuild import rebuild
from libya_news.sources import Reading, Source, _remote

STORY = "Talks in Moscow have ended without a deal, officials in Tripoli said on Monday."


def _read(*sources: Any) -> tuple[list[RawArticle], list[Drop]]:
    drops: list[Drop] = []
    return list(read(*sources, on_drop=drops.append)), drops


# A store


@pytest.fixture
def store() -> Iterator[Any]:
    """Files in memory: stories in two years, a dataset, and what is no article."""
    memory = fsspec.filesystem("memory")
    table = io.BytesIO()
    pq.write_table(pa.table({"text": ["From Parquet."]}), table)
    for name, data in {
        "news/2014/a.txt": b"Old.",
        "news/2015/b.jsonl": json.dumps({"story": STORY}).encode(),
        "news/2015/.hidden.txt": b"No.",
        "news/2015/c.png": b"\x89PNG\r\n\x1a\n",
        "hub/README.md": b"---\nconfigs:\n- data_files: data/*\n---\n",
        "hub/data/a.parquet": table.getvalue(),
        "hub/extra.parquet": b"PAR1",
    }.items():
        memory.pipe_file(f"/{name}", data)
    yield memory
    memory.rm("/news", recursive=True)
    memory.rm("/hub", recursive=True)


def test_folders_files_and_patterns(store: Any) -> None:
    assert store.exists("/news")
    articles, drops = _read(Source("memory://news", Reading({"text": "story"})))
    assert [article.source for article in articles] == ["news/2014/a.txt", "news/2015/b.jsonl"]
    assert [(drop.id, drop.reason) for drop in drops] == [("news/2015/c.png", "binary: PNG image")]
    assert [article.source for article in _read("memory://news/2014/a.txt")[0]] == ["a.txt"]
    assert [article.source for article in _read("memory://news/*/*.txt")[0]] == ["news/2014/a.txt"]
    assert [article.source for article in _read("memory://news/**/a*")[0]] == ["news/2014/a.txt"]
    assert [article.source for article in _read("memory://news/201[4]")[0]] == ["news/2014/a.txt"]


def test_a_dataset_in_a_store(store: Any) -> None:
    assert store.exists("/hub")
    articles, drops = _read("memory://hub")
    assert not drops
    assert [(article.source, article.data) for article in articles] == [("hub/data/a.parquet", "From Parquet.")]


def test_a_dataset_without_a_head_in_a_store(store: Any) -> None:
    store.pipe("/plain/README.md", b"# News")
    store.pipe("/plain/a.csv", b"text\nTalks.\n")
    found = list(read("memory://plain"))
    store.rm("/plain", recursive=True)
    assert [article.source for article in found] == ["plain/a.csv"]


def test_a_release_records_what_was_behind_the_url_and_can_be_built_again(store: Any, tmp_path: Path) -> None:
    release = build([Source("memory://news", Reading({"text": "story"}))], out=tmp_path)
    data = store.cat_file("/news/2014/a.txt")
    assert ("news/2014/a.txt", len(data)) in [(row.path, row.bytes) for row in release.inputs]
    assert rebuild(release, sources=["memory://"]).identical
    store.get("/news", str(tmp_path / "copy" / "news"), recursive=True)
    assert rebuild(release, sources=[tmp_path / "copy"]).identical


def test_what_changes_between_listing_and_reading_is_a_drop(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.pipe_file("/news/2014/z.txt", STORY.encode())
    fetched: list[str] = []

    def fetch(url: str) -> Any:
        fetched.append(url)
        if fetched.count(url) == 2 and url.endswith("a.txt"):
            store.pipe_file("/news/2014/a.txt", b"New.")
        return _remote.fetch(url)

    monkeypatch.setattr("libya_news.sources._files.fetch", fetch)
    release = build(["memory://news/2014"], out=tmp_path)
    assert [(drop.id, drop.reason) for drop in release.drops] == [
        ("2014/a.txt", "unreadable: it has changed since it was listed")
    ]


@pytest.mark.parametrize("url", ["memory://nowhere", "memory://nowhere/*.txt", "memory://news/*.csv"])
def test_nothing_there(store: Any, url: str) -> None:
    assert store.exists("/news")
    with pytest.raises(SourceNotFoundError, match=r"(There is no file at|cannot be listed)"):
        list(read(url))


def test_a_release_without_its_version_is_found(store: Any) -> None:
    for leaf in ("paper-1.10.0", "paper-1.9.0", "papers-1.0.0"):
        store.pipe_file(f"/store/{leaf}/manifest.json", b"{}")
    with pytest.raises(SourceNotFoundError) as caught:
        list(read("memory://store/paper/"))
    names = "memory://store/paper-1.9.0, memory://store/paper-1.10.0"
    assert caught.value.remedy == f"Name one of its releases: {names}."


@pytest.mark.parametrize(
    "url",
    [
        "local:///etc",
        "zip://a::https://x.org/a.zip",
        "ssh://host/a",
        "ftp://host/a",
        "dask://x/a",
    ],
)
def test_schemes_that_are_not_public(url: str) -> None:
    with pytest.raises(UsageError, match=r"no URL to read from.*Known are: https"):
        list(read(url))


def test_a_file_of_this_machine_is_given_as_a_path() -> None:
    with pytest.raises(UsageError, match=r"no URL to read from\. Give the path: /a b/news$"):
        list(read("file:///a%20b/news"))


def test_a_store_whose_library_is_missing() -> None:
    with pytest.raises(UsageError, match=r"gs:// needs a library"):
        list(read("gs://bucket/news"))


# A web server


class _Server(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        path = self.path.partition("?")[0]
        if path == "/gone.txt":
            self.send_error(404)
            return
        if to := {"/round.txt": self.path, "/away.txt": "file:///a?secret", "/moved.txt": "/story.txt"}.get(path):
            self.send_response(302)
            self.send_header("Location", to)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if path == "/slow.txt":
            time.sleep(2)
        try:
            self.wfile.write(STORY.encode() * (1000 if path == "/large.txt" else 1))
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """A web server's address, and the paths that it was asked for."""
    _Server.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", _Server.asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_public_host_does_not_lead_into_the_private_network(
    web: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, asked = web
    port, found = int(address.rpartition(":")[2]), iter(["93.184.216.34"])

    def look_up(_host: str, _port: Any = None, *_: Any, **__: Any) -> list[Any]:
        """The host's public address for who asks first, then this machine's."""
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(found, "127.0.0.1"), port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    articles, (drop,) = _read(f"http://news.example:{port}/story.txt")
    assert not articles
    assert not asked
    assert drop.reason.startswith("unreadable: ")
    assert "sent on to 127.0.0.1, an address that is not public" in drop.reason


def test_a_host_of_the_private_network_may_be_asked_and_send_on(web: tuple[str, list[str]]) -> None:
    address, asked = web
    articles, drops = _read(f"{address}/moved.txt")
    assert not drops
    assert [article.data for article in articles] == [STORY.encode()]
    assert set(asked) == {"/moved.txt", "/story.txt"}


def test_a_file_of_a_web_server(web: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = web
    release = build([f"{address}/a/story.txt?token=secret"], out=tmp_path)
    assert [row.path for row in release.inputs] == ["story.txt"]
    assert release.inputs[0].bytes == len(STORY.encode())
    assert set(asked) == {"/a/story.txt?token=secret"}
    assert not [path for path in release.path.rglob("*") if path.is_file() and b"secret" in path.read_bytes()]


def test_what_a_web_server_does_not_give(web: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    address, _ = web
    assert _read(f"{address}/gone.txt")[1][0].reason == "unreadable: HTTP status 404"
    monkeypatch.setattr(_remote, "MAX_FETCHED_BYTES", 1000)
    assert _read(f"{address}/large.txt")[1][0].reason == "unreadable: more than 1,000 bytes"
    monkeypatch.setattr(_remote, "MAX_FETCH_SECONDS", 0.5)
    assert _read(f"{address}/slow.txt")[1][0].reason.startswith("unreadable: ")
    assert _read("http://127.0.0.1:1/a.txt")[1][0].reason.startswith("unreadable: ")


@pytest.mark.parametrize("place", ["gone.txt", "round.txt", "away.txt"])
def test_secrets_of_an_address_are_in_no_release(web: tuple[str, list[str]], tmp_path: Path, place: str) -> None:
    address, _ = web
    unheard = "http://me:secret@127.0.0.1:1/a.txt"
    release = build([f"{address}/a.txt", f"{address}/{place}?token=secret", unheard], out=tmp_path)
    assert [drop.id for drop in release.drops] == ["a.txt", place]
    assert not [path for path in release.path.rglob("*") if path.is_file() and b"secret" in path.read_bytes()]


def test_nothing_in_a_file_is_fetched(web: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = web
    page = f'<link rel=canonical href="{address}/x"><img src="{address}/x"><p>{STORY}</p>'
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": STORY, "url": f"{address}/x"}), encoding="utf-8")
    (tmp_path / "c.sgml").write_text(
        f'<!DOCTYPE a SYSTEM "{address}/x"><DOC><URL>{address}/x</URL><TEXT>{STORY} x</TEXT></DOC>', encoding="utf-8"
    )
    assert build([tmp_path], out=tmp_path / "out").counts["articles"]
    assert not asked


# The Hub, as far as its stand-in goes


def test_the_hub(tmp_path: Path) -> None:
    table = io.BytesIO()
    pq.write_table(pa.table({"text": [STORY]}), table)
    with serve() as hub:
        files = {"README.md": b"---\nlicense: mit\n---\n", "data/a.parquet": table.getvalue()}
        hub.repositories["org/news"] = Repository(commits={"1" * 40: files}, refs={"main": "1" * 40})
        code = (
            "from libya_news import read\n"
            "print([(article.source, article.data) for article in read('hf://datasets/org/news')])\n"
        )
        environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        environment["HF_HOME"] = str(tmp_path / "home")
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
        )
    assert done.stdout == f"{[('news/data/a.parquet', STORY)]}\n", done.stderr


# S3, as a server on loopback speaks it


def test_s3(tmp_path: Path) -> None:
    code = f"""
import os, sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{{server.get_host_and_port()[1]}}"
import s3fs
store = s3fs.S3FileSystem()
store.mkdir("crawl")
store.pipe("crawl/news/2015/a.txt", {STORY!r}.encode())
store.pipe("crawl/news/2015/b.txt", b"More of it.")
store.pipe("crawl/paper-1.0.0/manifest.json", b"{{}}")
from libya_news import build, read
from libya_news.release.rebuild import rebuild
from libya_news.errors import SourceNotFoundError
release = build(["s3://crawl/news"], out=sys.argv[1])
print([(row.path, row.bytes) for row in release.inputs])
print([article.source for article in read("s3://crawl/news/*/a*")])
print(rebuild(release, sources=["s3://crawl"]).identical)
for url in ("s3://nowhere/news", "s3://crawl/paper"):
    try:
        list(read(url))
    except SourceNotFoundError as error:
        print(str(error).splitlines()[0])
server.stop()
"""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "AWS_ACCESS_KEY_ID": "standin",
        "AWS_SECRET_ACCESS_KEY": "standin",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "out"], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"[('news/2015/a.txt', {len(STORY)}), ('news/2015/b.txt', 11)]"
    assert lines[1:3] == ["['news/2015/a.txt']", "True"]
    assert "'s3://nowhere/news'" in lines[3]
    assert lines[4].endswith("Name one of its releases: s3://crawl/paper-1.0.0.")
