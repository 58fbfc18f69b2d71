"""``croissant.json``: a release described for machines, after Croissant 1.1 and its responsible-AI extension 1.0.

Sources: MLCommons, Croissant Format Specification 1.1 (2026), and Croissant RAI Specification 1.0 (2024).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import pyarrow as pa

from libya_news.labels import KINDS, LABELS
from libya_news.records import DROPS, SITES, Document, OutputFile, Release

from . import schema
from .about import words
from .citation import bibtex
from .rights import UNKNOWN, licence
from .schema import Column

CONFORMS_TO: Final = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")

_FORMATS: Final = {"parquet": "application/x-parquet", "arrow": "application/vnd.apache.arrow.file"}
"""Media types: the word that readers of Croissant know Parquet by, and the one that is registered for Arrow files."""

_CR: Final = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject"),
    *("fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5"),
    *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator"),
    *("source", "subField", "transform"),
)

CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _CR},
}
"""The context that the specification's appendix recommends."""

_TYPES: Final = (
    (pa.types.is_integer, "sc:Integer"),
    (pa.types.is_floating, "sc:Float"),
    (pa.types.is_timestamp, "sc:DateTime"),
)


def render(release: Release) -> str:
    """The whole ``croissant.json`` of a release."""
    dataset = {"@context": CONTEXT, "@type": "sc:Dataset", **_about(release), **_responsible(release)}
    dataset["distribution"] = [
        *map(_file, release.files),
        *(_file_set(release, config) for config in schema.CONFIGS),
        *(_beside(document) for document in release.documents if document.path in _BESIDES),
    ]
    dataset["recordSet"] = [
        *(_enumeration(name, rows) for name, rows in _enumerations(release).items()),
        *(_record_set(config, release) for config in schema.CONFIGS),
    ]
    return json.dumps(dataset, ensure_ascii=False, indent=1) + "\n"


def _about(release: Release) -> dict[str, Any]:
    facts = words(release)
    creator = {"@type": "sc:Organization", "name": facts["creator"]}
    licences = [found.url if (found := licence(name)) else name for name in release.counts["licences"]]
    return {
        "conformsTo": list(CONFORMS_TO),
        "name": release.name,
        "alternateName": facts["title"],
        "description": facts["description"],
        "version": release.version,
        "datePublished": release.created_at,
        "url": "./",
        "license": licences,
        "creator": creator,
        "publisher": creator,
        "citeAs": bibtex(release),
        "keywords": facts["keywords"],
        "inLanguage": [language for language in release.counts["languages"] if language != UNKNOWN],
    }


def _responsible(release: Release) -> dict[str, Any]:
    """What the RAI extension asks, in the words of the card."""
    facts = words(release)
    return {
        "rai:dataCollection": facts["source"],
        "rai:dataCollectionType": ["Web Scraping"],
        "rai:dataPreprocessingProtocol": [facts["preparation"]],
        "rai:dataAnnotationProtocol": [facts["annotation"]],
        "rai:machineAnnotationTools": [f"libya_news {release.code['libya_news']}"],
        "rai:annotationsPerItem": "1",
        "rai:dataUseCases": facts["uses"],
        "rai:dataLimitations": facts["limits"],
        "rai:dataBiases": [facts["limits"][-1]],
        "rai:personalSensitiveInformation": [facts["personal"]],
        "rai:dataReleaseMaintenancePlan": facts["maintenance"],
    }


def _file(file: OutputFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": PurePosixPath(file.path).name,
        "description": f"{file.rows:,} rows of {file.config}, split {file.split}",
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": _encoding(file),
        "sha256": file.sha256,
    }


_BESIDES: Final = {
    SITES: ("text/csv", "hashes of the lines that many articles of a site have, and how many have them"),
    DROPS: (_FORMATS["parquet"], "what went in and did not come out, and why"),
}
"""Media types and descriptions of files beside those of the configs."""


def _beside(document: Document) -> dict[str, Any]:
    encoding, description = _BESIDES[document.path]
    return {
        "@type": "cr:FileObject",
        "@id": document.path,
        "name": document.path,
        "description": description,
        "contentUrl": document.path,
        "contentSize": f"{document.bytes} B",
        "encodingFormat": encoding,
        "sha256": document.sha256,
    }


def _encoding(file: OutputFile) -> str:
    return _FORMATS[PurePosixPath(file.path).suffix.removeprefix(".")]


def _file_set(release: Release, config: str) -> dict[str, Any]:
    """The shards of a config, named one by one, so that no other file is taken for one."""
    files = [file for file in release.files if file.config == config]
    return {
        "@type": "cr:FileSet",
        "@id": f"{config}-files",
        "name": f"{config}-files",
        "description": f"all files of {config}",
        "encodingFormat": _encoding(files[0]),
        "includes": [file.path for file in files],
    }


def _enumerations(release: Release) -> dict[str, list[dict[str, object]]]:
    splits = dict.fromkeys(file.split for file in release.files)
    return {
        "splits": [{"name": split} for split in splits],
        "labels": [{"id": index, "name": label} for index, label in enumerate(LABELS)],
        "kinds": [
            {"id": index, "name": kind.name, "label": kind.label, "description": kind.description}
            for index, kind in enumerate(KINDS)
        ],
    }


def _enumeration(name: str, rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    """A closed list of values, held in the file itself."""
    keys = list(rows[0])
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{key}",
            "name": key,
            "dataType": "sc:Integer" if key == "id" else "sc:Text",
        }
        for key in keys
    ]
    data = [{f"{name}/{key}": row[key] for key in keys} for row in rows]
    kind = {"dataType": "cr:Split"} if name == "splits" else {"dataType": "sc:Enumeration"}
    key = {"key": {"@id": f"{name}/{keys[0]}"}}
    return {"@type": "cr:RecordSet", "@id": name, "name": name, **kind, **key, "field": fields, "data": data}


def _record_set(config: str, release: Release) -> dict[str, Any]:
    columns = schema.columns(config, release.holds_text, release.schema_version)
    return {
        "@type": "cr:RecordSet",
        "@id": config,
        "name": config,
        "description": schema.CONFIG_TITLES[config],
        "key": [{"@id": f"{config}/{name}"} for name in schema.KEYS[config]],
        "field": [_split_field(config), *(_field(config, column) for column in columns)],
    }


def _split_field(config: str) -> dict[str, Any]:
    source = {
        "fileSet": {"@id": f"{config}-files"},
        "extract": {"fileProperty": "filename"},
        "transform": {"regex": "^([a-z]+)(?:-.*)?$"},
    }
    return _named(f"{config}/split", "split", "the split that the row belongs to") | {
        "dataType": "sc:Text",
        "references": {"field": {"@id": "splits/name"}},
        "source": source,
    }


def _field(config: str, column: Column) -> dict[str, Any]:
    place = f"{config}/{column.name}"
    field = _named(place, column.name, f"{column.description} ({column.unit})")
    array = {"isArray": True, "arrayShape": "-1"} if pa.types.is_list(column.type) else {}
    source = {"fileSet": {"@id": f"{config}-files"}, "extract": {"column": column.name}}
    if not column.fields:
        return {**field, **array, "dataType": _data_type(column), "source": source}
    parts = [
        _named(f"{place}/{part.name}", part.name, f"{part.description} ({part.unit})")
        | {"dataType": _data_type(part), "source": source | {"transform": {"jsonPath": part.name}}}
        for part in column.fields
    ]
    return {**field, **array, "subField": parts}


def _named(place: str, name: str, description: str) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": place, "name": name, "description": description}


def _data_type(column: Column) -> str | list[str]:
    """A class label's data type says, besides its form, which list its ids point into."""
    if column.classes:
        return ["sc:Integer", "cr:Label"]
    return next((name for holds, name in _TYPES if holds(column.type)), "sc:URL" if column.unit == "URL" else "sc:Text")
