"""What describes a release: card, chart, Croissant and citation, all true to the data and to their standards."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import datasets
import jsonschema
import pytest
import yaml
from huggingface_hub import DatasetCard

from libya_news import Release, build, labels
from libya_news._tables import load_table
from libya_news.records import DROPS, SITES, sha256_hex
from libya_news.release import chart, manifest, rights, schema

THEIR_WARNINGS = pytest.mark.filterwarnings("ignore")
"""The reader of Croissant, and what it stands on, call deprecated things of each other."""

STORIES = [
    {"text": "Talks in Moscow end.\n\nImage caption\n\nHaftar in Moscow", "language": "en", "licence": "CC-BY-4.0"},
    {"text": "Les pourparlers de Moscou se sont achevés sans accord.", "language": "fr", "url": "https://example.org/fr"},
    {"text": "محادثات موسكو تنتهي دون اتفاق", "language": "ar", "authors": ["A", "B"], "date": "2020-01-14"},
]  # fmt: skip


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """Three languages in two shards of each config, and a drop."""
    folder = tmp_path_factory.mktemp("standards")
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, (*STORIES, {}))), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("libya_news.release.shard_writer.ROWS_PER_SHARD", {"articles": 2, "segments": 3})
        yield build([folder / "in.jsonl"], out=folder)


def _text(release: Release, path: str) -> str:
    return (release.path / path).read_text(encoding="utf-8")


def test_the_manifest_holds_the_hash_of_every_file(release: Release) -> None:
    listed = {row.path: row.sha256 for row in release.files} | {row.path: row.sha256 for row in release.documents}
    there = {p.relative_to(release.path).as_posix(): p for p in release.path.rglob("*") if p.is_file()}
    assert set(there) == {*listed, manifest.FILE_NAME}
    assert all(sha256_hex(there[path].read_bytes()) == digest for path, digest in listed.items())


def _croissant(release: Release) -> Any:
    import mlcroissant  # noqa: PLC0415 - it changes the logging of whoever imports it

    return mlcroissant.Dataset(str(release.path / "croissant.json"))


@THEIR_WARNINGS
def test_croissant_is_valid_without_a_warning(release: Release, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        metadata = _croissant(release).metadata
    assert not metadata.ctx.issues.errors
    assert not metadata.ctx.issues.warnings
    assert not caplog.records
    assert metadata.ctx.is_v1_1()
    assert metadata.version == "1.0.0"
    assert metadata.data_limitations
    assert metadata.data_annotation_protocol
    listed = {file.path: file.sha256 for file in release.files}
    dropped = {row.path: row.sha256 for row in release.documents if row.path == DROPS}
    assert {file.id: file.sha256 for file in metadata.file_objects} == {**listed, **dropped}
    assert dropped


FORMS = (
    {"text": "none"},
    {"format": "arrow"},
    {"split": "cluster"},
    {"text": "none", "format": "arrow"},
    {"templates": "mark"},
)


@THEIR_WARNINGS
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_croissant_is_valid_of_every_form(
    release: Release, form: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = build([release.path.parent / "in.jsonl"], out=tmp_path, **form)  # type: ignore[arg-type]
    caplog.clear()  # of what a build warns
    with caplog.at_level(logging.WARNING):
        metadata = _croissant(made).metadata
    assert not metadata.ctx.issues.errors
    assert not caplog.records
    suffix = form.get("format", "parquet")
    described = json.loads(_text(made, "croissant.json"))["distribution"]
    assert all(suffix in row["encodingFormat"] for row in described if row["@id"] not in (SITES, DROPS))
    assert (SITES in {row["@id"] for row in described}) == ("templates" in form)
    assert ("Arrow" if suffix == "arrow" else "Parquet") in _text(made, "README.md")


@THEIR_WARNINGS
@pytest.mark.parametrize("config", list(schema.CONFIGS))
@pytest.mark.parametrize("topic", ["none", "libya"])
def test_croissant_reads_the_rows_back(release: Release, config: str, topic: str, tmp_path: Path) -> None:
    if topic != "none":
        (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, ON_LIBYA)), encoding="utf-8")
        release = build([tmp_path / "in.jsonl"], out=tmp_path, topic=topic)
    wanted = datasets.load_dataset(str(release.path), config, split="train")
    read = {_key(row, config): row for row in map(_plain, _croissant(release).records(config))}
    assert len(read) == wanted.num_rows
    for row in wanted:
        found = read[tuple(row[name] for name in schema.KEYS[config])]
        assert found.pop("split") == "train"
        assert set(found) == set(row)
        assert {name: value for name, value in found.items() if name != "published_at"} == {
            name: value for name, value in row.items() if name != "published_at"
        }
        assert (found["published_at"] == row["published_at"]) if config == "articles" else True


def _key(row: dict[str, Any], config: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in schema.KEYS[config])


def _plain(value: Any) -> Any:
    """What ``mlcroissant`` yields, as plain values under plain names."""
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.decode("utf-8") if isinstance(value, bytes) else value


ON_LIBYA = (
    {"title": "Haftar in Moscow", "text": "Haftar's Libyan army left Tripoli. Libya waits.", "url": "https://a.org/1"},
    {"text": "Libya's parliament in Tobruk has rejected a deal.", "url": "https://a.org/2"},
)


def test_croissant_says_what_every_field_means(release: Release) -> None:
    described = json.loads(_text(release, "croissant.json"))
    sets = {row["@id"]: row for row in described["recordSet"]}
    assert set(sets) == {"splits", "labels", "kinds", *schema.CONFIGS}
    for config, columns in schema.CONFIGS.items():
        fields = {field["name"]: field for field in sets[config]["field"]}
        assert list(fields) == ["split", *(column.name for column in columns)]
        assert all(column.description in fields[column.name]["description"] for column in columns)
    assert [row["kinds/name"] for row in sets["kinds"]["data"]] == list(labels.KIND_NAMES)


def test_the_citation_follows_its_format(release: Release, root: Path) -> None:
    """The schema is that of the Citation File Format 1.2.0 (CC BY 4.0, doi:10.5281/zenodo.5171937)."""
    rules = json.loads((root / "tests" / "data" / "cff-1.2.0.schema.json").read_text(encoding="utf-8"))
    cited = yaml.safe_load(_text(release, "CITATION.cff"))
    jsonschema.Draft7Validator(rules).validate(cited)
    assert (cited["version"], cited["date-released"]) == (release.version, release.created_at[:10])
    assert "license" not in cited


def test_the_card_is_one_that_the_hub_reads(release: Release) -> None:
    data = DatasetCard.load(release.path / "README.md").data.to_dict()
    assert data["language"] == ["ar", "en", "fr"]
    assert data["license"] == ["unknown", "cc-by-4.0"]
    assert data["size_categories"] == ["n<1K"]
    assert data["task_categories"] == ["token-classification", "text-classification"]
    assert [config["version"] for config in data["configs"]] == ["1.0.0", "1.0.0"]


RESPONSIBLE = {
    *("dataCollection", "dataCollectionType", "dataPreprocessingProtocol", "dataAnnotationProtocol"),
    *("machineAnnotationTools", "annotationsPerItem", "dataUseCases", "dataLimitations", "dataBiases"),
    *("personalSensitiveInformation", "dataReleaseMaintenancePlan"),
}


def test_card_citation_and_croissant_agree(release: Release) -> None:
    card, described = _text(release, "README.md"), json.loads(_text(release, "croissant.json"))
    assert described["citeAs"] in card
    assert described["description"] in card
    assert all(limit in card for limit in described["rai:dataLimitations"])
    assert {name.removeprefix("rai:") for name in described if name.startswith("rai:")} >= RESPONSIBLE
    assert _text(release, "CHANGELOG.md") in card
    assert f"]({chart.PATH})" in card
    assert "https://creativecommons.org/licenses/by/4.0/" in described["license"]


def test_the_chart_counts_every_segment(release: Release) -> None:
    drawn = ET.fromstring(_text(release, chart.PATH))  # noqa: S314 - made by this project
    said = [node.text or "" for node in drawn.iter("{http://www.w3.org/2000/svg}title")][1:]
    assert sum(int(text.rpartition(" ")[2]) for text in said) == release.counts["segments"]
    assert {text.partition(",")[0] for text in said} == {"en", "fr", "ar"}


def test_the_chart_at_the_top_is_that_of_the_seed_release(root: Path, tmp_path: Path) -> None:
    """To renew it: ./scripts/rebuild seeds --version 1.0.0 --out DIR, then copy its docs/labels.svg."""
    drawn = (build([root / "seeds"], out=tmp_path).path / chart.PATH).read_text(encoding="utf-8")
    assert drawn == (root / chart.PATH).read_text(encoding="utf-8")


def test_rights_are_published(root: Path, tmp_path: Path) -> None:
    row = datasets.load_dataset(str(build([root / "seeds"], out=tmp_path).path), split="train")[0]
    assert (row["licence"], row["rights_holder"], row["terms"]) == ("unknown", "BBC", "unknown")


def test_the_hub_knows_the_words_for_licences() -> None:
    table = load_table("licences", expect="licences")
    assert all(rights.licence(name) is not None for name in table)
    assert not any("ND" in name for name in table)
    assert rights.licence("All rights reserved") is None
