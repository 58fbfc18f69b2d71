"""The model file, what a caller can tell ``segment``, training, and quality on the annotated texts."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from libya_news import build
from libya_news._models import load_model, save_model
from libya_news.errors import DataError
from libya_news.labels import KIND_NAMES, LABELS
from libya_news.records import Segment
from libya_news.segment import SiteProfile, segment, site_profiles
from libya_news.training import evaluate_model, train_model
from libya_news.training.evaluate import Tally
from libya_news.training.examples import Example, Span, grouped, read_examples
from libya_news.training.report import write_report

STORY = "The ferry between Tripoli and Valletta will sail again from next week, the operator said on Tuesday."
MENU = "Boutique de la maison"


def _rows(path: Path) -> Path:
    lines = [
        ("Ferry sails again", "body", "headline"),
        (STORY, "body", "paragraph"),
        ("Advertisement", "boilerplate", "advertisement"),
    ]
    text, segments = "", []
    for line, label, kind in lines:
        segments.append({"start": len(text), "end": len(text) + len(line), "label": label, "kind": kind})
        text += line + "\n"
    rows = [{"id": f"r{n}", "lang": "en", "source": f"s{n}", "text": text, "segments": segments} for n in range(3)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_the_shipped_model_is_small_and_its_card_is_true() -> None:
    model = load_model()
    assert model.identity == f"default@{model.sha256[:12]}"
    assert sum(values.nbytes for values in model.arrays.values()) < 8_000_000
    assert {"inputs", "seed", "licences", "limits", "date", "cross_validated"} <= set(model.card)
    assert model.arrays["leave"].shape[1] == len(KIND_NAMES)


def test_segments_name_the_model_or_the_rule() -> None:
    found = segment(f"Image caption The ferry\n\n{STORY}")
    assert [one.by for one in found[:2]] == ["rule:caption_marker", "rule:caption"]
    assert found[2].by == load_model().identity


@pytest.mark.parametrize("ending", [".json", ".npz"])
def test_a_model_that_is_not_there(tmp_path: Path, ending: str) -> None:
    save_model(tmp_path, "model", {"enter": np.ones((2, 2), np.float32)}, {"name": "x"})
    (tmp_path / f"model{ending}").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        load_model(str(tmp_path))


@pytest.mark.parametrize(
    ("card", "message"),
    [("{", "is not JSON"), ("[]", "declares"), ('{"format": "libya_news/model", "version": 9}', "9")],
)
def test_a_card_that_cannot_be_used(tmp_path: Path, card: str, message: str) -> None:
    save_model(tmp_path, "model", {"enter": np.ones((2, 2), np.float32)}, {"name": "x"})
    (tmp_path / "model.json").write_text(card, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_model(str(tmp_path))


def test_arrays_that_are_not_the_cards(tmp_path: Path) -> None:
    save_model(tmp_path, "model", {"enter": np.ones((2, 2), np.float32)}, {"name": "x"})
    (tmp_path / "model.npz").write_bytes(b"other")
    with pytest.raises(DataError, match="not those of its card"):
        load_model(str(tmp_path))


def test_a_model_that_is_trained_again_is_read_again(tmp_path: Path) -> None:
    for number in (1, 2):
        save_model(tmp_path, "model", {"enter": np.full((2, 2), number, np.float32)}, {"name": "x"})
        assert load_model(str(tmp_path)).arrays["enter"].max() == number


def test_the_same_arrays_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_model(tmp_path / name, "model", {"z": np.ones(2, np.float32), "a": np.zeros(1, np.float32)}, {"name": "x"})
    assert (tmp_path / "a" / "model.npz").read_bytes() == (tmp_path / "b" / "model.npz").read_bytes()


def test_what_a_site_shares_is_its_template() -> None:
    texts = [f"{MENU}\n{STORY} Article {number}." for number in range(5)]
    site = SiteProfile.of(texts)
    assert site.share(MENU) == 1
    assert site.share(STORY) == 0
    assert segment(texts[0], site=site)[0].label == "boilerplate"


def test_profiles_of_parts_add_up() -> None:
    texts = [(f"{n % 2}.example", f"{MENU}\n{MENU}\n{STORY} Article {n}.\nLine {n // 4}") for n in range(20)]
    whole = site_profiles(texts)
    parts = [site_profiles(texts[start : start + 7]) for start in range(0, 20, 7)]
    for site, profile in whole.items():
        first, second, third = (part[site] for part in parts)
        for added in (first + (second + third), (third + first) + second):
            assert (added.articles, dict(added.lines)) == (profile.articles, dict(profile.lines)) == (10, added.lines)
        pruned = profile.pruned()
        assert 1 not in pruned.lines.values()
        assert [pruned.share(line) for line in (MENU, STORY, "Line 0")] == [1, 0, pytest.approx(1 / 9)]


def test_the_language_and_the_title_are_taken() -> None:
    text = f"Ferry sails again\n\n{STORY}"
    assert segment(text, language="en", title="Ferry sails again")[0].kind == "headline"
    assert [one.kind for one in segment(text, language="xx")] == [one.kind for one in segment(text)]


def test_texts_that_share_a_template_are_one_group() -> None:
    def example(name: str, text: str) -> Example:
        return Example.build(text, [], id=name, exact=True, group=name, source=name, language="fr")

    template = "Plan du site de la maison\nCharte de modération\n"
    found = grouped([example("a", template + "Un"), example("b", template + "Deux"), example("c", "Trois")])
    assert found[0].group == found[1].group != found[2].group


def _as_gold(one: Segment, span: Span) -> Segment:
    return one._replace(start=span.start, end=span.end, label=str(span.label), kind=str(span.kind))


def test_figures_of_a_perfect_and_of_a_wrong_answer(tmp_path: Path) -> None:
    [example, *_] = read_examples(_rows(tmp_path / "gold.jsonl"))
    perfect, wrong = Tally(), Tally()
    right = segment(example.text)
    perfect.add(example, [_as_gold(one, span) for one, span in zip(right, example.spans, strict=True)])
    wrong.add(example, [right[0]._replace(end=len(example.text), label="bullet", kind="related_link")])
    assert (
        perfect.figures()["unit_macro_f1"] == perfect.figures()["exact_f1"] == perfect.figures()["kind_accuracy"] == 1
    )
    assert wrong.figures()["unit_macro_f1"] == wrong.figures()["exact_f1"] == 0
    write_report(tmp_path / "report", {"all": perfect})
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "figures.json",
        "confusion.svg",
        "reliability.svg",
    }


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text('\n{"a"', encoding="utf-8")
    with pytest.raises(DataError, match=r"gold\.jsonl:2 is not JSON"):
        read_examples(tmp_path / "gold.jsonl")


@pytest.mark.parametrize(
    "row",
    [
        "[]",
        '{"id": "a", "segments": []}',
        '{"id": "a", "text": "Talks go on.", "segments": [{"start": 0, "end": 12}]}',
        '{"id": "a", "text": "Talks go on.", "segments": [{"start": 0, "end": 12, "label": "story"}]}',
    ],
)
def test_a_row_that_is_no_labelled_text_is_named(tmp_path: Path, row: str) -> None:
    _rows(tmp_path / "gold.jsonl")
    with (tmp_path / "gold.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"\n{row}\n")
    with pytest.raises(DataError, match=r"gold\.jsonl: row 4 is no labelled text"):
        read_examples(tmp_path / "gold.jsonl")


def test_a_kind_may_be_unknown(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in _rows(tmp_path / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    for one in rows[0]["segments"]:
        del one["kind"]
    (tmp_path / "gold.jsonl").write_text(json.dumps(rows[0]), encoding="utf-8")
    figures = evaluate_model("default", tmp_path / "gold.jsonl")["all"]
    assert (figures["unit_macro_f1"], figures["exact_f1"]) == (1.0, 1.0)


def test_labels_of_units_come_from_the_spans_that_cover_them() -> None:
    spans = [Span(0, 5, "body", "headline"), Span(6, 11, None, None)]
    example = Example.build("Title\nthing\nmore", spans, id="a", exact=False, group="a", source="a", language="en")
    assert [LABELS[label] if label >= 0 else None for label in example.labels] == ["body", None, None]


@pytest.mark.skipif(find_spec("jax") is None, reason="the extra 'train' is not installed")
@pytest.mark.filterwarnings("ignore")
def test_training_is_deterministic_and_its_model_can_be_used(tmp_path: Path) -> None:
    gold = _rows(tmp_path / "gold.jsonl")
    for name in ("a", "b"):
        train_model([gold], tmp_path / name, steps=3, told=lambda _: None)
    assert (tmp_path / "a" / "model.npz").read_bytes() == (tmp_path / "b" / "model.npz").read_bytes()
    figures = evaluate_model(str(tmp_path / "a"), gold)
    assert set(figures) >= {"all", "language:en", "source:s0"}


def test_a_release_can_be_measured_on(tmp_path: Path, root: Path) -> None:
    release = build([root / "seeds"], out=tmp_path)
    command = [sys.executable, "-m", "libya_news", "evaluate", "default", str(release.path), "--json"]
    shown = subprocess.run([*command, "--out", str(tmp_path / "report")], capture_output=True, check=True)
    figures = json.loads(shown.stdout)["all"]
    assert (figures["unit_macro_f1"], figures["exact_f1"], figures["kind_accuracy"]) == (1.0, 1.0, 1.0)
    assert {path.name for path in (tmp_path / "report").iterdir()} >= {
        "figures.json",
        "confusion.svg",
        "reliability.svg",
    }


SPLITS = ("train", "validation", "test")


def test_the_splits_of_a_release_are_kept_apart(tmp_path: Path) -> None:
    lines = (json.dumps({"text": f"Ferry {n} sails again.", "source": f"Paper {n}"}) + "\n" for n in range(40))
    (tmp_path / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    release = build([tmp_path / "a.jsonl"], out=tmp_path / "out", split="publisher")
    rows = {split: sum(f.rows for f in release.files if (f.config, f.split) == ("articles", split)) for split in SPLITS}
    assert all(rows.values())
    found = {split: {example.id for example in read_examples(release.path, split=split)} for split in SPLITS}
    assert {split: len(ids) for split, ids in found.items()} == rows
    assert not found["train"] & found["test"]
    assert len(read_examples(release.path, split="none of them")) == 40


def test_a_release_is_read_in_each_of_its_formats_but_not_without_its_texts(tmp_path: Path, root: Path) -> None:
    found = [build([root / "seeds"], out=tmp_path / form, format=form).path for form in ("parquet", "arrow")]
    assert read_examples(found[0]) == read_examples(found[1])
    with pytest.raises(DataError, match="is a stand-off release"):
        read_examples(build([root / "seeds"], out=tmp_path / "none", text="none").path)
    with pytest.raises(DataError, match=r"holds no readable manifest\.json"):
        read_examples(tmp_path)


@pytest.mark.skipif(find_spec("jax") is None, reason="the extra 'train' is not installed")
def test_a_release_can_be_trained_on(tmp_path: Path, root: Path) -> None:
    release = build([root / "seeds"], out=tmp_path)
    command = [
        sys.executable,
        "-m",
        "libya_news",
        "train",
        str(release.path),
        "--out",
        str(tmp_path / "m"),
        "--steps",
        "2",
    ]
    subprocess.run(command, capture_output=True, check=True)
    text = (root / "seeds" / "000_ecd0a0faa3e49d1e.txt").read_text(encoding="utf-8")
    assert segment(text, model=str(tmp_path / "m"))[0].start == 0


@pytest.mark.shared
def test_quality_on_the_annotated_texts(shared: Path) -> None:
    """The shipped model has seen these texts, so this shows that nothing broke, not how good it is on others."""
    figures = evaluate_model("default", shared / "gold" / "dev.jsonl")["all"]
    assert figures["unit_macro_f1"] > FLOOR_MACRO_F1 - 0.01
    assert figures["exact_f1"] > FLOOR_EXACT_F1 - 0.01


FLOOR_MACRO_F1 = 0.9849
FLOOR_EXACT_F1 = 0.9868
"""What the shipped model reaches on these texts."""
