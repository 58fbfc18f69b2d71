"""The dataset card: YAML for the Hub and for ``load_dataset``, and text for people, all from one release record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from string import Template
from typing import Any, Final

import yaml

from libya_news._models import SHIPPED, load_model
from libya_news._tables import load_table, load_text
from libya_news.labels import KINDS
from libya_news.outputs import hub
from libya_news.records import DROPS, OutputFile, Release

from . import about, chart, schema, versioning
from .citation import bibtex
from .rights import hub_words

SIZE_CATEGORIES: Final = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
)
"""Upper bound of the number of articles, and the Hub's word for it."""


def render(release: Release) -> str:
    """The whole card of a release. It names no time and no machine: the same data gives the same card."""
    text = Template(load_text("card.md")).substitute({**_words(release), **_tables(release)})
    return f"---\n{_yaml(release)}---\n\n{text}"


def _words(release: Release) -> dict[str, str]:
    facts = about.words(release)
    said = ("title", "description", "source", "preparation", "annotation", "personal", "rights", "maintenance")
    return {
        **{key: facts[key] for key in said},
        **{key: "\n".join(f"- {line}" for line in facts[key]) for key in ("uses", "limits")},
        "chosen": about.chosen(release),
        "version": release.version,
        "standoff": "" if release.holds_text else f"\n{facts['standoff']}\n",
        "folder": release.leaf,
        "tag": hub.tag_of(release),
        "erased": _erased(release),
        "templates": f"\n{facts['templates']}\n" if release.settings.get("templates") == "mark" else "",
        "format": facts["formats"][release.settings.get("format", "parquet")],
        "changelog": f"#{versioning.changelog(release)}",
        "quality": _quality(release),
        "override": f"\nText was published against its licence, for this reason: {release.override}\n"
        if release.override
        else "",
        "split": release.files[0].split,
        "splits": _splits(release),
        **{name: _counted(release.counts[name], name) for name in schema.CONFIGS},
        "chart": chart.PATH,
        "schema_version": str(release.schema_version),
        "library": release.code["libya_news"],
        "bibtex": bibtex(release),
    }


def _counted(number: int, plural: str) -> str:
    return f"{number:,} {plural if number != 1 else plural.removesuffix('s')}"


def _quality(release: Release) -> str:
    """What is known of how good the models are that labelled segments, of each in turn."""
    models = [by for by in release.counts["labelled_by"] if "@" in by]
    return "".join(f"\n{_figures(identity)}\n" for identity in models)


def _figures(identity: str) -> str:
    """The figures of a model, where it is one that comes with the package."""
    facts = load_table("dataset", expect="dataset")["quality"]
    model = next((model for model in map(load_model, SHIPPED) if model.identity == identity), None)
    if not model:
        return str(facts["none"].format(identity=identity))
    own = facts[model.name]
    said = facts["figures"].format(identity=identity, words=own["words"], **model.card)
    rows = ((name.replace("_", " "), _figure(value)) for name, value in model.card[own["key"]].items())
    return f"{said}\n\n{_table(('figure', 'value'), rows)}"


def _figure(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _erased(release: Release) -> str:
    if not release.erased:
        return ""
    ids = ", ".join(f"`{stone.article_id}`" for stone in release.erased)
    return f"\nErased since this version was published: {ids}.\n"


def _splits(release: Release) -> str:
    """Where the rows are and, where they were divided, how and what leaks; it ends where more text can follow."""
    if not release.leakage:
        return f"All rows are in the split `{release.files[0].split}`. "
    found = release.leakage
    articles = [(f"`{f.split}`", f.rows) for f in _by_split(release)]
    shared = [(name, row["shared"], row["of"]) for name, row in found["overlap"].items()]
    facts, rule = load_table("dataset", expect="dataset")["splits"], release.settings["split"]
    said = facts["all"].format(rule=rule, **found)
    if rule.startswith("time:") and found.get("undated"):
        said = f"{said} {facts['undated'].format(**found)}"
    several = ", ".join(found["publishers_across"]) or "none"
    tables = [_table(("split", "articles"), articles)]
    if shared:
        tables.append(_table(("runs of eight words", "shared", "of"), shared))
    return "\n\n".join([*tables, said, f"Publishers in several splits: {several}.", ""])


def _by_split(release: Release) -> list[OutputFile]:
    files = [file for file in release.files if file.config == next(iter(schema.CONFIGS))]
    groups = [list(group) for _, group in groupby(files, attrgetter("split"))]
    return [replace(group[0], rows=sum(file.rows for file in group)) for group in groups]


def _tables(release: Release) -> dict[str, str]:
    counts = release.counts
    return {
        "configs": _table(("config", "rows", "what"), _config_rows(release)),
        "languages": _table(("language", "articles"), counts["languages"].items()),
        "publishers": _table(("publisher", "articles"), counts["publishers"].items()),
        "labels": _table(("label", "segments"), counts["labels"].items()),
        "kinds": _table(("label", "kind", "segments", "what it is", "example"), _kind_rows(release)),
        "repairs": _repairs(counts.get("fixes")),
        "drops": _drops(counts["drops"]),
        "schemas": "\n\n".join(_schema_section(config, release) for config in schema.CONFIGS),
        "labelled_by": _table(("labelled by", "segments"), counts["labelled_by"].items()),
        "licences": _table(("licence", "articles"), counts["licences"].items()),
        "rights_holders": _table(("rights holder", "articles"), counts["rights_holders"].items()),
    }


def _repairs(counts: Mapping[str, int] | None) -> str:
    """How many articles each repair changed; nothing of a release whose manifest does not count that."""
    if not counts:
        return "" if counts is None else "No text needed a repair."
    meanings = load_table("dataset", expect="dataset")["fixes"]
    rows = ((f"`{name}`", number, meanings.get(name, "")) for name, number in counts.items())
    return _table(("repair", "articles", "what it does"), rows)


def _drops(counts: Mapping[str, int]) -> str:
    if not counts:
        return "Nothing was dropped."
    rows = _table(("reason", "dropped"), counts.items())
    said = "What could not become an article was dropped with a reason:"
    return f"{said}\n\n{rows}\n\nEach of them, with all of its reason, is in `{DROPS}`."


def _yaml(release: Release) -> str:
    facts = about.words(release)
    words = hub_words(release.counts["licences"])
    card = {
        "pretty_name": f"{facts['title']} {release.version}",
        "language": [language for language in release.counts["languages"] if language != "unknown"],
        "license": words[0] if len(words) == 1 else words,
        "size_categories": [size_category(release.counts["articles"])],
        "task_categories": facts["tasks"],
        "tags": facts["keywords"],
        "configs": [_config(release, config) for config in schema.CONFIGS],
        "dataset_info": _dataset_info(release),
    }
    text: str = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=1_000)
    return text


def _config(release: Release, config: str) -> dict[str, Any]:
    """``version`` must be three plain numbers, or the load fails; it keeps apart what ``datasets`` caches."""
    default = {"default": True} if config == next(iter(schema.CONFIGS)) else {}
    return {"config_name": config, "version": release.version, **default, "data_files": _data_files(release, config)}


def _data_files(release: Release, config: str) -> list[dict[str, Any]]:
    files = [file for file in release.files if file.config == config]
    return [
        {"split": split, "path": [file.path for file in group]} for split, group in groupby(files, attrgetter("split"))
    ]


def _dataset_info(release: Release) -> list[dict[str, Any]]:
    from datasets import DatasetInfo, SplitDict, SplitInfo  # noqa: PLC0415 - slow to import
    from datasets.info import DatasetInfosDict  # noqa: PLC0415
    from huggingface_hub import DatasetCardData  # noqa: PLC0415

    def info(config: str) -> DatasetInfo:
        files = [file for file in release.files if file.config == config]
        size = sum(file.content_bytes for file in files)
        splits = [
            SplitInfo(split, sum(f.content_bytes for f in group), sum(f.rows for f in group))
            for split, group in ((key, list(group)) for key, group in groupby(files, attrgetter("split")))
        ]
        features = schema.features(config, release.holds_text, release.schema_version)
        made = SplitDict()
        for split in splits:
            made.add(split)
        return DatasetInfo(features=features, splits=made, dataset_size=size)

    data = DatasetCardData()
    DatasetInfosDict({config: info(config) for config in schema.CONFIGS}).to_dataset_card_data(data)
    rows: list[dict[str, Any]] = data.get("dataset_info")
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def size_category(articles: int) -> str:
    """The Hub's word for a number of rows.

    >>> size_category(999), size_category(1_000)
    ('n<1K', '1K<n<10K')
    """
    return next((name for bound, name in SIZE_CATEGORIES if articles < bound), "n>1T")


def _config_rows(release: Release) -> Iterable[tuple[str, int, str]]:
    for config, title in schema.CONFIG_TITLES.items():
        yield f"`{config}`", sum(file.rows for file in release.files if file.config == config), title


def _kind_rows(release: Release) -> Iterable[Sequence[object]]:
    counts: Mapping[str, int] = release.counts["kinds"]
    return ((k.label, f"`{k.name}`", counts.get(k.name, 0), k.description, k.example) for k in KINDS)


def _schema_section(config: str, release: Release) -> str:
    heads = ("column", "type", "may be null", "what it means", "unit or range")
    rows = (
        (f"`{row['name']}`", row["type"], "yes" if row["nullable"] else "no", row["description"], row["unit"])
        for row in schema.rows(config, release.holds_text, release.schema_version)
    )
    return f"### `{config}`: {schema.CONFIG_TITLES[config]}\n\n{_table(heads, rows)}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|").replace("\n", " ")
