"""A stand-in for the Hub on loopback: what its client asks to create, upload, commit, tag and read a dataset."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Files = dict[str, bytes]


@dataclass
class Repository:
    """A dataset: its commits by id, the commit before each, and what its branch and tags point at."""

    commits: dict[str, Files] = field(default_factory=lambda: {"0" * 40: {}})
    parents: dict[str, str] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=lambda: {"main": "0" * 40})
    tags: list[str] = field(default_factory=list)

    def at(self, revision: str) -> tuple[str, Files]:
        oid = self.refs.get(revision, revision)
        return oid, self.commits[oid]

    def commit(self, lines: list[dict[str, Any]], objects: dict[str, bytes]) -> str:
        files = dict(self.at("main")[1])
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        return self.moved("main", files, self.refs["main"])

    def moved(self, branch: str, files: Files, parent: str = "") -> str:
        """Move a branch to a new commit of those files; its history ends there where it has no parent."""
        oid = hashlib.sha1(repr((sorted(files.items()), len(self.commits))).encode()).hexdigest()  # noqa: S324 - as git
        self.commits[oid] = files
        if parent:
            self.parents[oid] = parent
        self.refs[branch] = oid
        return oid

    def reachable(self) -> list[Files]:
        """The files of every commit that a branch, a tag or its history leads to."""
        found = []
        for oid in self.refs.values():
            at: str | None = oid
            while at:
                found.append(self.commits[at])
                at = self.parents.get(at)
        return found


@dataclass
class Hub:
    """What the stand-in holds, whom it lets write, and what it was asked.

    Attributes:
        repositories: by ``ORG/NAME``.
        objects: large files by SHA-256.
        uploads: SHA-256 of each large file that was sent, in order.
        fail_after: how many more large files are taken before every call fails; None for any number.
        forbid: whether writing is refused.
        url: where it listens.
    """

    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    fail_after: int | None = None
    forbid: bool = False
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: the tests look at what the stand-in holds."""

    def do_GET(self) -> None:
        self._answer_with(_READS)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self._answer_with(_WRITES)

    do_PUT = do_POST

    def do_DELETE(self) -> None:
        self._answer_with(_DELETIONS)

    def _answer_with(self, routes: dict[str, Any]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        for pattern, answer in routes.items():
            if match := re.fullmatch(pattern, path):
                self._send(*_safely(answer, self.hub, [part or "" for part in match.groups()], body))
                return
        self._send(404, {}, {"X-Error-Code": "EntryNotFound"})

    def _send(self, code: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        found = dict(headers or {})
        if (wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")) and code == 200:
            first, last = int(wanted[1]), min(int(wanted[2] or len(data) - 1), len(data) - 1)
            found["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            code, data = 206, data[first : last + 1]
        self.send_response(code)
        for name, value in {**found, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _safely(answer: Any, hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    try:
        found: tuple[Any, ...] = answer(hub, parts, body)
    except KeyError:
        return 404, {}, {"X-Error-Code": "RevisionNotFound"}
    return found


def _create(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    asked = json.loads(body)
    name = f"{asked['organization']}/{asked['name']}"
    if hub.forbid:
        return 403, {"error": "forbidden"}
    if name in hub.repositories:
        return 409, {"error": "exists", "url": f"{hub.url}/datasets/{name}"}
    hub.repositories[name] = Repository()
    return 200, {"url": f"{hub.url}/datasets/{name}", "name": name, "id": name}


def _refs(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    found = hub.repositories[parts[0]]
    rows = [{"name": name, "ref": f"refs/x/{name}", "targetCommit": oid} for name, oid in found.refs.items()]
    tags = [row for row in rows if row["name"] in found.tags]
    return 200, {"branches": [row for row in rows if row not in tags], "tags": tags, "converts": []}


def _info(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    oid, files = hub.repositories[parts[0]].at(parts[1] or "main")
    siblings = [{"rfilename": path} for path in files]
    return 200, {"id": parts[0], "sha": oid, "siblings": siblings, "private": False, "tags": [], "downloads": 0}


def _entry(path: str, data: bytes) -> dict[str, Any]:
    oid = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324 - as git names files
    row = {"type": "file", "path": path, "size": len(data), "oid": oid}
    large = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return {**row, "lfs": large} if _is_large(path) else row


def _is_large(path: str) -> bool:
    return path.endswith(".parquet")


def _tree(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    name, revision, folder = parts
    _, files = hub.repositories[name].at(revision)
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    found: dict[str, dict[str, Any]] = {}
    for path, data in files.items():
        if path.startswith(prefix):
            head, *rest = path.removeprefix(prefix).split("/")
            if rest:
                found.setdefault(
                    prefix + head, {"type": "directory", "path": prefix + head, "oid": "0" * 40, "size": 0}
                )
            found[path] = _entry(path, data)
    return 200, list(found.values())


def _paths(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    _, files = hub.repositories[parts[0]].at(parts[1])
    text = body.decode()
    asked = json.loads(text)["paths"] if text.startswith("{") else re.findall(r"paths=([^&]+)", text)
    folders = {"/".join(path.split("/")[:-1]) for path in files}
    rows = [_entry(path, files[path]) for path in asked if path in files]
    return 200, [*rows, *({"type": "directory", "path": p, "oid": "0" * 40, "size": 0} for p in asked if p in folders)]


def _resolve(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    oid, files = hub.repositories[parts[0]].at(parts[1])
    if parts[2] not in files:
        return 404, {}, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": oid}
    data = files[parts[2]]
    return 200, data, {"X-Repo-Commit": oid, "ETag": f'"{hashlib.sha256(data).hexdigest()}"', "Accept-Ranges": "bytes"}


def _valid(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    return 200, {"errors": [], "warnings": []}


def _preupload(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    asked = json.loads(body)["files"]
    modes = [(row["path"], "lfs" if _is_large(row["path"]) else "regular") for row in asked]
    return 200, {"files": [{"path": path, "uploadMode": mode, "shouldIgnore": False} for path, mode in modes]}


def _batch(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    rows = []
    for row in json.loads(body)["objects"]:
        upload = {"upload": {"href": f"{hub.url}/objects/{row['oid']}"}}
        rows.append(row if row["oid"] in hub.objects else {**row, "actions": upload})
    return 200, {"transfer": "basic", "objects": rows}


def _object(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    if hub.fail_after is not None:
        if hub.fail_after == 0:
            return 400, {"error": "broken off"}
        hub.fail_after -= 1
    hub.objects[parts[0]] = body
    hub.uploads.append(parts[0])
    return 200, {}


def _commit(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    oid = hub.repositories[parts[0]].commit([json.loads(line) for line in body.splitlines()], hub.objects)
    return 200, {"success": True, "commitOid": oid, "commitUrl": f"{hub.url}/datasets/{parts[0]}/commit/{oid}"}


def _tag(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    found, tag = hub.repositories[parts[0]], json.loads(body)["tag"]
    if tag in found.tags:
        return 409, {"error": "exists"}
    found.refs[tag] = found.at(parts[1])[0]
    found.tags.append(tag)
    return 200, {}


def _untag(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    found = hub.repositories[parts[0]]
    del found.refs[parts[1]]
    found.tags.remove(parts[1])
    return 200, {}


def _squash(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    found = hub.repositories[parts[0]]
    if parts[1] in found.tags:
        return 400, {"error": "not a branch"}
    found.moved(parts[1], found.at(parts[1])[1])
    return 200, {}


def _large_files(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    commits = hub.repositories[parts[0]].commits.values()
    names = {hashlib.sha256(data).hexdigest(): path for files in commits for path, data in files.items()}
    when = "2020-01-14T00:00:00.000Z"
    rows = [
        {"fileOid": oid, "filename": names[oid], "oid": oid, "pushedAt": when, "size": len(data)}
        for oid, data in hub.objects.items()
        if oid in names
    ]
    return 200, rows


def _delete_large(hub: Hub, parts: list[str], body: bytes) -> tuple[Any, ...]:
    asked = json.loads(body)["deletions"]
    for oid in asked["sha"]:
        del hub.objects[oid]
    return 200, {}


_DATASET = r"/api/datasets/([^/]+/[^/]+)"

_READS: dict[str, Any] = {
    f"{_DATASET}/refs": _refs,
    f"{_DATASET}/tree/([^/]+)(/.*)?": _tree,
    f"{_DATASET}/lfs-files": _large_files,
    f"{_DATASET}(?:/revision/([^/]+))?": _info,
    r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)": _resolve,
}

_WRITES: dict[str, Any] = {
    "/api/repos/create": _create,
    "/api/validate-yaml": _valid,
    f"{_DATASET}/paths-info/([^/]+)": _paths,
    f"{_DATASET}/preupload/([^/]+)": _preupload,
    r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch": _batch,
    r"/objects/(\w+)": _object,
    f"{_DATASET}/commit/([^/]+)": _commit,
    f"{_DATASET}/tag/([^/]+)": _tag,
    f"{_DATASET}/super-squash/([^/]+)": _squash,
    f"{_DATASET}/lfs-files/batch": _delete_large,
}

_DELETIONS: dict[str, Any] = {f"{_DATASET}/tag/([^/]+)": _untag}


@contextmanager
def serve() -> Iterator[Hub]:
    """A stand-in on a free port of loopback, for as long as the context lasts."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


TOKEN = "hf_standin_0123456789"  # noqa: S105 - of the stand-in


def environment(hub: Hub, folder: Path) -> dict[str, str]:
    """What leads the Hub's client to the stand-in. Large files go by HTTP: it speaks no chunk protocol."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(folder / "hub-home"),
        "HF_DATASETS_CACHE": str(folder / "hub-home" / "datasets"),
    }
