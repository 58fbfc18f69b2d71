"""The command, run as people run it: in a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from libya_news import __version__, build
from libya_news.release import reading, schema


def run(*arguments: str | Path, given: bytes | None = None, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "libya_news", *map(str, arguments)],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, "COLUMNS": "100", **environment},
    )


def test_version() -> None:
    assert run("--version").stdout.decode() == f"libya-news {__version__}\n"


@pytest.mark.parametrize("command", [(), ("build",), ("inspect",), ("schema",)])
def test_help(command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.returncode == 0
    assert b"Usage:" in result.stdout


def test_build_and_build_again(tmp_path: Path, root: Path) -> None:
    arguments = ("build", root / "seeds", "--out", tmp_path)
    first, again, kept = run(*arguments), run(*arguments), run(*arguments, "--keep-unchanged")
    assert first.returncode == 0, first.stderr
    lines = first.stdout.decode().splitlines()
    assert lines[0] == f"Built: {tmp_path / 'libya-news-1.0.0'}"
    assert lines[1] == "1 articles, 25 segments, 0 dropped"
    assert lines[-1].strip().startswith("from datasets import load_dataset; articles = load_dataset(")
    loaded = subprocess.run(
        [sys.executable, "-c", lines[-1].strip() + "; print(articles)"], capture_output=True, check=True
    )
    assert b"num_rows: 1" in loaded.stdout
    assert again.returncode == 2
    assert again.stderr.decode().startswith("error: ")
    assert again.stderr.count(b"\n") == 1
    assert kept.returncode == 0
    assert kept.stdout.decode().startswith("Unchanged: ")


def test_build_json(tmp_path: Path, root: Path) -> None:
    result = run("build", root / "seeds", "--out", tmp_path, "--json")
    assert json.loads(result.stdout)["counts"]["articles"] == 1


def test_inspect_json_from_standard_input(root: Path) -> None:
    data = (root / "seeds" / "000_ecd0a0faa3e49d1e.txt").read_bytes()
    shown = json.loads(run("inspect", "-", "--json", given=data).stdout)
    assert len(shown["segments"]) == 25
    assert all(row["text"] == shown["text"][row["start"] : row["end"]] for row in shown["segments"])


def test_inspect_shows_the_segments_that_a_build_makes(tmp_path: Path) -> None:
    """With the title that the record has, which makes a headline of the first line."""
    row = {"title": "Libya", "text": "Libya\n\nThe ferry to Valletta will sail again next week, the operator said."}
    (tmp_path / "a.json").write_text(json.dumps(row), encoding="utf-8")
    shown = json.loads(run("inspect", tmp_path / "a.json", "--json").stdout)["segments"]
    (made,) = reading.Articles(build(tmp_path / "a.json", out=tmp_path / "out"), "train")
    assert [(row["kind"], row["start"]) for row in shown] == [(one.kind, one.start) for one in made.segments]
    assert shown[0]["kind"] == "headline"


def test_inspect_takes_a_mapping(tmp_path: Path) -> None:
    """And shows the first record that has a text where it says, whatever others have."""
    rows = {"text": "No."}, {"text": "No.", "story": "Talks in Moscow ended.", "outlet": "BBC", "date": "2020-01-14"}
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    mapped = run("inspect", tmp_path / "a.jsonl", "--json", "--map", "text=story", "--map", "publisher=outlet")
    shown = json.loads(mapped.stdout)
    assert (shown["text"], shown["publisher"]) == ("Talks in Moscow ended.", "BBC")
    assert shown["published_at"] == "2020-01-14T00:00:00+00:00"
    told = run("inspect", tmp_path / "a.jsonl", "--map", "text=storry").stderr.decode()
    assert "'storry', which is to be the text, is missing, empty or no text; there are text" in told
    assert "Name the field that holds the text" in told
    assert run("inspect", "-", "--map", "text=story", given=b"Talks.").returncode == 2


def test_inspect_says_how_other_names_of_fields_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"story": "Talks."}\n' * 2, encoding="utf-8")
    told = run("inspect", tmp_path / "a.jsonl").stderr.decode()
    assert "no field of text; there are story. Name the field that holds the text: --map text=NAME." in told
    pq.write_table(pa.table({"story": ["Talks."]}), tmp_path / "a.parquet")
    told = run("inspect", tmp_path / "a.parquet").stderr.decode()
    assert "no column of text; there are story. Name the field that holds the text: --map text=NAME." in told


def test_inspect_says_why_the_first_article_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<script>var a</script>", encoding="utf-8")
    told = run("inspect", tmp_path / "a.html")
    assert (told.returncode, told.stderr.decode().count("shows no text")) == (1, 1)


def test_inspect_is_plain_in_a_pipe_and_cannot_steer_the_terminal() -> None:
    result = run("inspect", "-", given="Talks\x1b]0;owned\x07 end in Moscow.\u202e".encode())
    assert result.returncode == 0
    assert b"\x1b" not in result.stdout
    assert b"end in Moscow." in result.stdout


def test_inspect_has_colours_where_asked(root: Path) -> None:
    result = run("inspect", root / "seeds", FORCE_COLOR="1")
    assert b"\x1b[" in result.stdout


def test_the_picture_in_the_readme_is_that_of_the_seed(root: Path, tmp_path: Path) -> None:
    """To renew it: libya-news inspect seeds --svg docs/seed.svg."""
    assert run("inspect", root / "seeds", "--svg", tmp_path / "seed.svg").returncode == 0
    drawn = (tmp_path / "seed.svg").read_text(encoding="utf-8")
    assert drawn == (root / "docs" / "seed.svg").read_text(encoding="utf-8")
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


def test_schema() -> None:
    shown = json.loads(run("schema", "--json").stdout)
    assert list(shown["configs"]) == ["articles", "segments"]
    assert [row["name"] for row in shown["configs"]["segments"]] == [column.name for column in schema.SEGMENTS]
    assert all(row["description"] and row["unit"] for rows in shown["configs"].values() for row in rows)
    assert b"article_id" in run("schema").stdout


def test_a_comparison_is_shown_where_its_page_cannot_be_written(tmp_path: Path, root: Path) -> None:
    build([root / "seeds"], out=tmp_path)
    release = tmp_path / "libya-news-1.0.0"
    for flags, shown in (((), b"a PATCH change"), (("--json",), b'"level": "PATCH"')):
        result = run("diff", release, release, "--html", tmp_path / "nowhere" / "diff.html", *flags)
        assert result.returncode == 3
        assert shown in result.stdout
        assert b"diff.html' cannot be written: No such file" in result.stderr
        assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("build", "nowhere"), 2, "no file or folder"),
        (("build", "seeds", "--version", "one"), 2, "three plain numbers"),
        (("build",), 2, "Give sources, or --config"),
        (("conquer",), 2, "No such command"),
        (("inspect", "nowhere"), 2, "no file or folder"),
        (("build", "/dev/null"), 1, "gave an article"),
        (("inspect", "/dev/null"), 1, "holds no article"),
        (
            ("inspect", "seeds", "--svg", "/nonexistent/x.svg"),
            3,
            "'/nonexistent/x.svg' cannot be written: No such",
        ),
        (("build", "seeds", "--max-document-bytes", str(2**63 - 1)), 2, "is too high. Give at most 1073741824"),
    ],
)
def test_errors_are_short_and_have_codes(
    root: Path, arguments: tuple[str, ...], code: int, words: str, tmp_path: Path
) -> None:
    places = [str(root / word) if word == "seeds" else word for word in arguments]
    extra = ("--out", str(tmp_path)) if len(arguments) > 1 and arguments[0] == "build" else ()
    result = run(*places, *extra)
    message = result.stderr.decode()
    assert result.returncode == code, message
    assert words in message
    assert "Traceback" not in message
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(tmp_path: Path, root: Path) -> None:
    (tmp_path / "file").touch()
    for out, code, said in (("file", 2, b"is a file, and no folder"), ("file/deeper", 3, b"Cannot write")):
        result = run("build", root / "seeds", "--out", tmp_path / out)
        assert result.returncode == code
        assert said in result.stderr
        assert result.stderr.count(b"\n") == 1


def test_a_terminal_sees_a_bar_and_a_log_sees_lines(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from libya_news import _show  # noqa: PLC0415 - the command's own parts are needed here only
    from libya_news.pipeline import Progress  # noqa: PLC0415

    terminal, log = pty.openpty()
    command = [sys.executable, "-m", "libya_news", "build", str(root / "seeds"), "--out", str(tmp_path)]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=log, check=True, env={**os.environ, "TERM": "xterm"})
    shown = b""
    while select.select([terminal], [], [], 0)[0]:
        shown += os.read(terminal, 100_000)
    assert b"1 of 1 files" in shown
    os.close(terminal)
    os.close(log)
    monkeypatch.setattr(_show, "SECONDS_BETWEEN_LINES", 0.0)
    lines = io.StringIO()
    with contextlib.redirect_stderr(lines), _show.progress(Console(file=lines)) as update:
        update(Progress(1, 2, 500_000, 1_000_000, 7, 1))
        update(Progress(2, 2, 1_000_000, 1_000_000, 14, 1, "Writing"))
    told = r"0 s: 1 of 2 files, 0\.5 of 1\.0 MB at [\d,.]+ MB/s, 7 articles, 1 drops, \d+ s left\n"
    assert re.fullmatch(told + "0 s: Writing, 14 articles\n", lines.getvalue())


def test_a_log_that_nobody_reads_ends_no_build(root: Path, tmp_path: Path) -> None:
    """As in ``libya-news build … 2>&1 | head``."""
    program = "from libya_news import _show, cli; _show.SECONDS_BETWEEN_LINES = 0.0; cli.main()"
    command = [sys.executable, "-c", program, "build", str(root / "seeds"), "--out", str(tmp_path / "out")]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as log:
        assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=log, check=False).returncode == 0
    assert (tmp_path / "out" / "libya-news-1.0.0" / "manifest.json").exists()


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(3_000):
        (tmp_path / "in" / f"{n}.txt").write_text(f"Story {n}.\n\n" + "Talks go on in Moscow. " * 400, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "libya_news", "build", str(tmp_path / "in"), "--out", str(tmp_path / "out")],
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + 60
    while not list((tmp_path / "out").glob(".*.lock")) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130, message
    assert b"Traceback" not in message
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
