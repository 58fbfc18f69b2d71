"""Publishing: a folder, S3 and the Hub, each there and back; what the licences forbid stays here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import datasets
import pytest
from hub_standin import Hub, serve

from libya_news import Release, build
from libya_news.errors import DataError, ReleaseExistsError, UsageError
from libya_news.outputs.targets import TARGETS
from libya_news.release import manifest
from libya_news.release.publishing import publish

TOKEN = "hf_standin_0123456789"  # noqa: S105 - of the stand-in
STORIES = [{"text": f"Talks in Moscow end, day {n}.", "licence": "CC-BY-4.0"} for n in range(4)]


def _build(folder: Path, stories: list[dict[str, str]], version: str = "1.0.0") -> Release:
    folder.mkdir(exist_ok=True)
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, stories)), encoding="utf-8")
    return build([folder / "in.jsonl"], out=folder / "releases", version=version)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return _build(tmp_path, STORIES)


@pytest.fixture
def closed(tmp_path: Path) -> Release:
    return _build(tmp_path / "closed", [STORIES[0], {"text": "Rebels in Brega."}])


def _run(*words: str | Path, environment: dict[str, str], module: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(("-m", "libya_news") if module else ("-c",)), *map(str, words)]
    return subprocess.run(command, capture_output=True, check=False, text=True, env={**os.environ, **environment})


def _tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# A folder.


def test_a_folder_gets_the_same_bytes(release: Release, tmp_path: Path) -> None:
    place = Path(publish(release.path, str(tmp_path / "public")))
    assert _tree(place) == _tree(release.path)
    assert datasets.load_dataset(str(place), split="train").num_rows == 4
    assert publish(release.path, str(tmp_path / "public")) == str(place)


def test_a_folder_that_holds_another_release_is_left_alone(release: Release, tmp_path: Path) -> None:
    publish(release.path, str(tmp_path / "public"))
    other = _build(tmp_path / "other", STORIES[:1])
    with pytest.raises(ReleaseExistsError, match="is another release"):
        publish(other.path, str(tmp_path / "public"))


def test_a_damaged_release_is_not_published(release: Release, tmp_path: Path) -> None:
    (release.path / release.files[0].path).write_bytes(b"PAR1")
    with pytest.raises(DataError, match="missing or damaged"):
        publish(release.path, str(tmp_path / "public"))
    assert not (tmp_path / "public").exists()


def test_other_schemes_are_refused(release: Release) -> None:
    with pytest.raises(UsageError, match=r"Give a folder, or one of: hf://datasets/, s3://"):
        publish(release.path, "ftp://example.org/x")
    assert [target.public for target in TARGETS] == [True, True, False]


# What the licences say.


@pytest.mark.parametrize("address", ["hf://datasets/org/name", "s3://bucket/x"])
def test_text_without_a_licence_stays_here(closed: Release, address: str) -> None:
    with pytest.raises(UsageError, match=r"1 under 'unknown'\. Publish with --text none"):
        publish(closed.path, address)


def test_without_text_it_may_go(closed: Release, tmp_path: Path) -> None:
    place = Path(publish(closed.path, str(tmp_path / "public"), text="none"))
    found = manifest.load(place)
    assert not found.holds_text
    assert found.full == closed.files
    assert b"Brega" not in b"".join(_tree(place).values())
    assert datasets.load_dataset(str(place), split="train").num_rows == 2


# The Hub.


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve() as found:
        yield found


def _to_hub(hub: Hub, tmp_path: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return _run("publish", *words, environment=_hub_environment(hub, tmp_path))


def _hub_environment(hub: Hub, tmp_path: Path) -> dict[str, str]:
    """Large files go by HTTP: the stand-in does not speak the Hub's chunk protocol."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "hub-home"),
        "HF_DATASETS_CACHE": str(tmp_path / "hub-home" / "datasets"),
    }


def test_the_hub_gets_a_tagged_version_that_loads(release: Release, hub: Hub, tmp_path: Path) -> None:
    done = _to_hub(hub, tmp_path, release.path, "hf://datasets/org/news")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Published: hf://datasets/org/news@v1.0.0\n"
    assert hub.repositories["org/news"].at("v1.0.0")[1] == _tree(release.path)
    assert TOKEN not in done.stdout + done.stderr
    assert TOKEN.encode() not in b"".join(_tree(release.path).values())

    newer = _build(tmp_path, STORIES[:2], version="2.0.0")
    assert _to_hub(hub, tmp_path, newer.path, "hf://datasets/org/news").returncode == 0
    assert hub.repositories["org/news"].at("main")[1] == _tree(newer.path)
    code = (
        "from datasets import load_dataset\n"
        "for tag in ('v1.0.0', 'v2.0.0'):\n"
        "    for streaming in (False, True):\n"
        "        rows = load_dataset('org/news', revision=tag, split='train', streaming=streaming)\n"
        "        print(tag, len([row['text'] for row in rows]))\n"
    )
    loaded = _run(code, module=False, environment=_hub_environment(hub, tmp_path))
    assert loaded.stdout.splitlines() == ["v1.0.0 4", "v1.0.0 4", "v2.0.0 2", "v2.0.0 2"], loaded.stderr


def test_a_broken_upload_leaves_the_tag_unset_and_goes_on(release: Release, hub: Hub, tmp_path: Path) -> None:
    hub.fail_after = 1
    broken = _to_hub(hub, tmp_path, release.path, "hf://datasets/org/news")
    assert broken.returncode == 3, broken.stderr
    assert "Run it again" in broken.stderr
    assert not hub.repositories["org/news"].tags
    hub.fail_after = None
    assert _to_hub(hub, tmp_path, release.path, "hf://datasets/org/news").returncode == 0
    assert hub.repositories["org/news"].tags == ["v1.0.0"]
    assert len(hub.uploads) == len(set(hub.uploads)) == 2


def test_a_tag_is_never_moved(release: Release, hub: Hub, tmp_path: Path) -> None:
    words = ("hf://datasets/org/news",)
    assert _to_hub(hub, tmp_path, release.path, *words).returncode == 0
    assert _to_hub(hub, tmp_path, release.path, *words).returncode == 0
    assert len(hub.repositories["org/news"].commits) == 2
    other = _build(tmp_path / "other", STORIES[:1])
    refused = _to_hub(hub, tmp_path, other.path, *words)
    assert refused.returncode == 2
    assert "on another release" in refused.stderr


def test_an_override_is_told(closed: Release, hub: Hub, tmp_path: Path) -> None:
    words = ("hf://datasets/org/news", "--override", "the publisher agreed")
    done = _to_hub(hub, tmp_path, closed.path, *words)
    assert done.returncode == 0, done.stderr
    files = hub.repositories["org/news"].at("v1.0.0")[1]
    assert json.loads(files["manifest.json"])["override"] == "the publisher agreed"
    assert "for this reason: the publisher agreed" in files["README.md"].decode()


def test_who_may_not_write_is_told(release: Release, hub: Hub, tmp_path: Path) -> None:
    hub.forbid = True
    refused = _to_hub(hub, tmp_path, release.path, "hf://datasets/org/news")
    assert refused.returncode == 2
    assert "hf auth login" in refused.stderr
    assert TOKEN not in refused.stderr


def test_a_hub_out_of_reach(release: Release, hub: Hub, tmp_path: Path) -> None:
    environment = {**_hub_environment(hub, tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    failed = _run("publish", release.path, "hf://datasets/org/news", environment=environment)
    assert failed.returncode == 3, failed.stderr
    assert "Cannot reach the Hub" in failed.stderr


# S3.


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server on loopback with a bucket: the environment that leads there."""
    code = (
        "import sys\n"
        "from moto.server import ThreadedMotoServer\n"
        "server = ThreadedMotoServer('127.0.0.1', 0, verbose=False)\n"
        "server.start()\n"
        "print(server.get_host_and_port()[1], flush=True)\n"
        "sys.stdin.read()\n"
        "server.stop()\n"
    )
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "standin",
        "AWS_SECRET_ACCESS_KEY": "standin",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path_factory.mktemp("aws") / "none"),
    }
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout
        assert server.stdin
        environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{int(server.stdout.readline())}"
        made = _run("import s3fs; s3fs.S3FileSystem().mkdir('news')", module=False, environment=environment)
        assert made.returncode == 0, made.stderr
        yield environment
        server.stdin.close()


def test_s3_gets_it_and_it_loads(release: Release, bucket: dict[str, str]) -> None:
    done = _run("publish", release.path, "s3://news/public", environment=bucket)
    assert done.stdout == "Published: s3://news/public/libya-news-1.0.0\n", done.stderr
    code = (
        "import s3fs, sys\n"
        "store = s3fs.S3FileSystem()\n"
        "store.get('news/public/libya-news-1.0.0/', sys.argv[1], recursive=True)\n"
        "from datasets import load_dataset\n"
        "print(load_dataset(sys.argv[1], split='train').num_rows)\n"
    )
    target = release.path.parent / "fetched"
    loaded = _run(code, target, module=False, environment=bucket)
    assert loaded.stdout.splitlines()[-1] == "4", loaded.stderr
    assert _tree(target) == _tree(release.path)


def test_s3_keeps_what_is_there(release: Release, bucket: dict[str, str], tmp_path: Path) -> None:
    assert _run("publish", release.path, "s3://news", environment=bucket).returncode == 0
    other = _build(tmp_path / "other", STORIES[:1])
    refused = _run("publish", other.path, "s3://news", environment=bucket)
    assert refused.returncode == 2, refused.stderr
    assert "is another release" in refused.stderr
    nowhere = _run("publish", release.path, "s3://nowhere/x", environment=bucket)
    assert nowhere.returncode == 3, nowhere.stderr
    assert "standin" not in nowhere.stderr
