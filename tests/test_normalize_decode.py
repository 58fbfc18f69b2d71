"""Bytes in the encodings of news, what is declared of them, and bytes that are no text."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libya_news.normalize import NormalizeOptions, normalize, normalize_batch

ARABIC = "أعلنت الحكومة الليبية أمس أن الميناء سيعود إلى العمل في الأسبوع المقبل بعد إصلاح ما دمرته الحرب."
FRENCH = "Le gouvernement libyen a annoncé hier que le port, détruit pendant la guerre, sera réouvert l’été prochain."
EURO = "Le coût des travaux, estimé à 300 millions d'€, pèsera sur le cœur du budget de l'année prochaine."
POLISH = "Rząd Libii ogłosił wczoraj, że port zniszczony w czasie wojny zostanie wkrótce otwarty – na święta."
RUSSIAN = "Правительство Ливии объявило вчера, что порт, разрушенный во время войны, скоро откроется снова."
TURKISH = "Libya hükümeti dün, savaşta yıkılan limanın önümüzdeki hafta yeniden açılacağını duyurdu, şaşırtıcı değil."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ARABIC, "cp1256"),
        (ARABIC, "iso8859-6"),
        (FRENCH, "cp1252"),
        (EURO, "iso8859-15"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (TURKISH.replace("’", "'"), "cp1254"),
        (FRENCH, "utf-16-le"),
        (ARABIC, "utf-16-be"),
        (ARABIC, "utf-8"),
    ],
)
def test_the_encodings_of_news_are_told_apart(text: str, encoding: str) -> None:
    found = normalize(text.encode(encoding))
    assert (found.text, found.encoding) == (text, encoding)
    assert found.confidence > 0


HINDI = "लीबिया की सरकार ने कल कहा कि बंदरगाह अगले सप्ताह फिर से खुलेगा।"
THAI = "รัฐบาลลิเบียประกาศเมื่อวานนี้ว่าท่าเรือจะเปิดอีกครั้งในสัปดาห์หน้า หลังสงคราม"
TIFINAGH = "ⵜⴰⵎⴰⵣⵉⵖⵜ ⴷ ⵜⵓⵜⵍⴰⵢⵜ ⵏ ⵍⵉⴱⵢⴰ"


@pytest.mark.parametrize("text", [ARABIC, FRENCH, "Talks in Kufra go on, and nobody knows for how long they will."])
@pytest.mark.parametrize("stray", ["\0", "\0 ", " \0", "\n\0"])
def test_a_stray_nul_makes_no_utf16(text: str, stray: str) -> None:
    torn = text[:20] + stray + text[20:]
    found = normalize(torn.encode())
    assert (found.text, found.encoding) == (normalize(torn).text, "utf-8")


@pytest.mark.parametrize("text", [HINDI, THAI, TIFINAGH, f"{'漢' * 90}\n{'😀' * 40_000}".replace("😀😀", "😀 ")])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_known_by_its_spaces(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    for found in (normalize(data), normalize(data + b"\n")):
        assert found.encoding == encoding
        assert found.text.rstrip("\n") == text.rstrip()
        assert data[slice(*found.origin_span(2, 3))].decode(encoding) == found.text[2]
    assert normalize(data, declared_encoding="utf-8").text == text.rstrip()


def test_zeros_among_controls_are_no_utf16() -> None:
    assert normalize(b"\1\0\0\0 \0" * 50).encoding == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(encoding: str) -> None:
    found = normalize(FRENCH.encode(encoding))
    assert found.text == FRENCH
    assert found.confidence == 1.0
    assert found.origin(0) > 0


def test_a_declaration_is_believed_where_the_bytes_fit() -> None:
    short = "ليبيا".encode("cp1256")
    assert normalize(short, declared_encoding="windows-1256").text == "ليبيا"
    assert normalize(b'<meta charset="windows-1256">' + short).text.endswith("ليبيا")


@pytest.mark.parametrize("declared", ["latin-1", "windows-1256", "rot13", "utf-7", "no such thing", "\0"])
def test_a_wrong_declaration_does_not_win_over_utf8(declared: str) -> None:
    assert normalize(ARABIC.encode(), declared_encoding=declared).text == ARABIC


@pytest.mark.parametrize("declared", ["rot13", "utf-7", "no such thing", "\0", "ascii"])
def test_a_useless_declaration_is_passed_over(declared: str) -> None:
    assert normalize(FRENCH.encode("cp1252"), declared_encoding=declared).text == FRENCH


def test_utf8_with_a_few_errors_stays_utf8() -> None:
    found = normalize(ARABIC.encode()[:-3] + b"\xff")
    assert (found.encoding, found.counts["undecodable"]) == ("utf-8", found.text.count("\ufffd"))
    assert found.damage


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(ARABIC, "cp1256"), ("\n".join([FRENCH] * 4), "cp1252"), (RUSSIAN, "koi8-r"), (TURKISH, "cp1254")],
)
def test_a_few_lines_in_another_encoding_are_read_in_it(text: str, encoding: str) -> None:
    whole = f"{ARABIC}\n" * 9
    data = whole.encode() + text.encode(encoding)
    found = normalize(data)
    assert (found.text, found.fixes, found.damage) == (whole + text, ("other_encoding",), ())
    start = found.text.rindex(" ")
    assert data[slice(*found.origin_span(start, len(found.text)))].endswith(text[text.rindex(" ") :].encode(encoding))
    off = normalize(data, NormalizeOptions(off=["other_encoding"]))
    assert off.counts["undecodable"] == off.text.count("\ufffd")


@pytest.mark.parametrize(
    "line", ["Le général est là.".encode("cp1252"), bytes(range(0x80, 0xFF)), ARABIC.encode()[1:-1]]
)
def test_bytes_that_tell_no_encoding_are_lost(line: bytes) -> None:
    found = normalize(f"{ARABIC}\n".encode() * 9 + line)
    assert "other_encoding" not in found.fixes
    assert found.damage


def test_emoji_as_two_surrogates_in_utf8_are_one_character() -> None:
    data = "ليبيا \ud83d\ude00 اليوم".encode("utf-8", "surrogatepass")
    found = normalize(data)
    assert (found.text, found.encoding, found.damage) == ("ليبيا 😀 اليوم", "utf-8", ())
    assert data[slice(*found.origin_span(6, 7))] == "\ud83d\ude00".encode("utf-8", "surrogatepass")
    assert found.origin(len(found.text)) == len(data)


def test_half_of_a_pair_of_surrogates_is_no_utf8() -> None:
    assert normalize("salí\xa0«".encode("cp1252")).text == "salí «"


@pytest.mark.parametrize("start", [b"\x89PNG\r\n\x1a\n", b"\x1f\x8b\x08"])
def test_binary_data_can_be_told(start: bytes) -> None:
    found = normalize(start + random.Random(1).randbytes(3000))  # noqa: S311 - any bytes will do
    assert found.confidence == 0.0 or len(found.damage) > 100


def test_a_batch_is_what_its_texts_are() -> None:
    values = ["a\xa0b", None, FRENCH, "Ã©tÃ© dernier, prÃ¨s de la citÃ©"]
    found = normalize_batch(pa.array(values))
    assert found == [None if value is None else normalize(value) for value in values]
    many = values * 100
    assert normalize_batch(pa.array(many)) == found * 100
    assert normalize_batch(pa.array([], pa.string())) == []
    coded = normalize_batch(pa.array([ARABIC.encode("cp1256"), None]))
    assert [n and n.text for n in coded] == [ARABIC, None]


EDGES = st.lists(
    st.none() | st.text("ab é\u0301\u200c\u200d\u200b\n\t\u200fا\u0640\u2066&amp;ÃØ©?", max_size=5), max_size=8
)


@settings(max_examples=200)
@given(EDGES)
def test_a_text_of_a_batch_does_not_see_its_neighbours(values: list[str | None]) -> None:
    found = normalize_batch(pa.array(values, pa.string()))
    assert found == [None if value is None else normalize(value) for value in values]
