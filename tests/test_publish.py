"""Publishing: a folder, S3 and the Hub, each there and back; what the licences forbid stays here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import datasets
import fsspec
import pytest
import s3_server
from click.testing import CliRunner
from hub_standin import TOKEN, Hub, environment, serve

from libya_news import Release, build
from libya_news.cli import cli
from libya_news.errors import DataError, ReleaseExistsError, UsageError, VersionError
from libya_news.records import sha256_hex
from libya_news.release import manifest
from libya_news.release.erase import erase
from libya_news.release.publishing import publish
from libya_news.release.standoff import rehydrate
from libya_news.release.store import Store, opened
from libya_news.release.targets import TARGETS
from libya_news.release.verify import verify

STORIES = [{"text": f"Talks in Moscow end, day {n}.", "licence": "CC-BY-4.0"} for n in range(4)]


def _build(folder: Path, stories: list[dict[str, str]], version: str = "1.0.0") -> Release:
    folder.mkdir(exist_ok=True)
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, stories)), encoding="utf-8")
    return build([folder / "in.jsonl"], out=folder / "releases", version=version)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    made = _build(tmp_path, STORIES)
    (tmp_path / "first").mkdir()
    shutil.copyfile(tmp_path / "in.jsonl", tmp_path / "first" / "in.jsonl")
    return made


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
    return _run("publish", *words, environment=environment(hub, tmp_path))


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
    loaded = _run(code, module=False, environment=environment(hub, tmp_path))
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


@pytest.mark.parametrize(
    "address", ["hf://datasets/", "hf://datasets/ORG", "hf://datasets/ORG/NAME/x", "hf://datasets/O/-"]
)
def test_what_names_no_dataset_is_refused(release: Release, address: str) -> None:
    with pytest.raises(UsageError, match=r"names no dataset on the Hub. Write hf://datasets/ORG/NAME"):
        publish(release.path, address)


def test_a_hub_out_of_reach(release: Release, hub: Hub, tmp_path: Path) -> None:
    nowhere = {**environment(hub, tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    failed = _run("publish", release.path, "hf://datasets/org/news", environment=nowhere)
    assert failed.returncode == 3, failed.stderr
    assert "Cannot reach the Hub" in failed.stderr


HISTORY = [{"text": f"{day} {n} of the talks in Moscow.", "licence": "CC0-1.0"} for n, day in enumerate(("Day", "Eve"))]


def test_an_erased_article_leaves_the_hub_as_the_page_says(root: Path, hub: Hub, tmp_path: Path) -> None:
    """The second version holds the article no more, but its history on the Hub does."""
    for version, stories in (("1.0.0", HISTORY), ("2.0.0", HISTORY[1:])):
        _build(tmp_path, stories, version)
    _all_to_hub(hub, tmp_path, "libya-news-1.0.0", "libya-news-2.0.0")
    store, found = tmp_path / "releases", hub.repositories["ORG/NAME"]
    first = {file.sha256 for file in manifest.load(store / "libya-news-1.0.0").files}
    assert first <= set(hub.objects)
    id_ = next(row["article_id"] for row in _rows(store / "libya-news-1.0.0") if row["text"] == HISTORY[0]["text"])
    receipt = erase(id_, store=store, reason="asked")
    left = [row.after for row in receipt.releases if row.after] + ["libya-news-2.0.0"]

    page = (root / "docs" / "rights.md").read_text(encoding="utf-8")
    steps = "".join(re.findall(r"^(?:>>>|\.\.\.) (.*\n)", page, re.MULTILINE))
    _all_to_hub(hub, tmp_path, left[-1], then=steps)
    assert (found.tags, len(found.reachable())) == ([], 1)
    assert not first & set(hub.objects)
    _all_to_hub(hub, tmp_path, *left)
    assert found.tags == ["v1.0.0-erased-1", "v2.0.0"]
    held = {sha256_hex(data) for files in found.reachable() for data in files.values()} | set(hub.objects)
    assert not first & held
    assert found.at("main")[1] == _tree(store / "libya-news-2.0.0")


def _all_to_hub(hub: Hub, tmp_path: Path, *leaves: str, then: str = "") -> None:
    """Publish releases one after the other, in one process, since the client is slow to import."""
    code = f"from libya_news.release.publishing import publish\nfor leaf in {leaves}:\n"
    code += f" publish({str(tmp_path / 'releases')!r} + '/' + leaf, 'hf://datasets/ORG/NAME')\n"
    done = _run(code + then, module=False, environment=environment(hub, tmp_path))
    assert done.returncode == 0, done.stderr


def _rows(folder: Path) -> list[dict[str, str]]:
    return list(datasets.load_dataset(str(folder), split="train"))


@pytest.mark.parametrize("command", ["erase x --reason r --store", "list", "rollback"])
def test_the_hub_is_no_store(command: str) -> None:
    with pytest.raises(UsageError, match=r"is no store.*hf repos delete ORG/NAME --type dataset"):
        CliRunner().invoke(cli, [*command.split(), "hf://datasets/ORG/NAME"], catch_exceptions=False)


# S3.


def test_s3_gets_it_and_it_loads(release: Release, s3: str, tmp_path: Path) -> None:
    done = _run("publish", release.path, s3, environment={})
    assert done.stdout == f"Published: {s3}/libya-news-1.0.0\n", done.stderr
    fsspec.filesystem("s3").get(f"{s3}/libya-news-1.0.0/", str(tmp_path / "fetched"), recursive=True)
    assert _tree(tmp_path / "fetched") == _tree(release.path)
    assert datasets.load_dataset(str(tmp_path / "fetched"), split="train").num_rows == 4


def test_s3_keeps_what_is_there(release: Release, s3: str, tmp_path: Path) -> None:
    assert publish(release.path, s3) == publish(release.path, s3)
    refused = _run("publish", _build(tmp_path / "other", STORIES[:1]).path, s3, environment={})
    assert refused.returncode == 2, refused.stderr
    assert "is another release" in refused.stderr


def test_what_is_published_tells_no_credentials(release: Release, s3: str) -> None:
    done = _run("publish", release.path, s3, environment={"HF_TOKEN": TOKEN})
    nowhere = _run("publish", release.path, "s3://nowhere/x", environment={"HF_TOKEN": TOKEN})
    assert nowhere.returncode == 3, nowhere.stderr
    system = fsspec.filesystem("s3")
    system.invalidate_cache()
    written = b"".join(system.cat_file(path) for path in system.find(s3)).decode("utf-8", "replace")
    for secret in (s3_server.KEY, s3_server.SECRET, TOKEN):
        assert secret not in written + done.stdout + done.stderr + nowhere.stdout + nowhere.stderr


# A target is a store.


@pytest.fixture(params=["folder", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "public") if request.param == "folder" else str(request.getfixturevalue("s3"))


def _output(*words: str | Path) -> str:
    done = CliRunner().invoke(cli, list(map(str, words)))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_every_command_takes_what_was_published(release: Release, target: str, tmp_path: Path) -> None:
    newer = _build(tmp_path, [*STORIES, {"text": "Rebels in Brega.", "licence": "CC0-1.0"}], version="1.1.0")
    for made in (release, newer):
        said = json.loads(_output("publish", made.path, target, "--json"))
        assert said == {"published": f"{target}/{made.path.name}"}
    assert "libya-news-1.1.0 (latest)" in _output("list", target)
    assert "5 articles" in _output("show", f"{target}/libya-news")
    assert "nothing is wrong" in _output("verify", f"{target}/libya-news-1.0.0")
    assert "a MINOR change" in _output("diff", f"{target}/libya-news-1.0.0", f"{target}/libya-news-1.1.0")
    assert json.loads(_output("rollback", f"{target}/libya-news-1.0.0", "--json")) == {
        "latest": {"libya-news": "1.0.0"}
    }
    assert "libya-news-1.0.0 (latest)" in _output("list", target)
    assert "the same to the byte" in _output("rebuild", f"{target}/libya-news-1.0.0", "--from", tmp_path / "first")
    id_ = datasets.load_dataset(str(release.path), split="train")[0]["article_id"]
    assert "libya-news-1.1.0-erased-1" in _output("erase", id_, "--store", target, "--reason", "asked")
    assert "3 articles" in _output("show", f"{target}/libya-news")
    assert "nothing is wrong" in _output("verify", f"{target}/libya-news-1.1.0-erased-1")


def test_a_release_goes_from_store_to_store(release: Release, s3: str, tmp_path: Path) -> None:
    publish(release.path, s3)
    publish(f"{s3}/libya-news", str(tmp_path / "back"), text="none")
    with opened(tmp_path / "back" / "libya-news-1.0.0") as found:
        assert not found.holds_text
        assert verify(found) == []
    publish(tmp_path / "back" / "libya-news", f"{s3}/bare")
    again = rehydrate(f"{s3}/bare/libya-news", [tmp_path / "first"], out=tmp_path / "again")
    assert _tree(again.release.path / "articles") == _tree(release.path / "articles")


def test_a_version_that_is_too_small_for_its_target_is_refused(release: Release, target: str, tmp_path: Path) -> None:
    """Built beside, it knew nothing of the version that the target has."""
    publish(release.path, target)
    other = _build(tmp_path / "other", STORIES[:1], version="1.0.1")
    with pytest.raises(VersionError, match=r"3 articles removed.*MAJOR.*--version 2\.0\.0"):
        publish(other.path, target)
    assert [row.version for row in Store(target).index().entries] == ["1.0.0"]
