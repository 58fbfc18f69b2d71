"""Web pages as sources: what their markup says becomes the article's facts, and their text goes the way of pages."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from w3lib.url import canonicalize_url

from libya_news import Article, Drop, RawArticle
from libya_news.corpus import addresses
from libya_news.corpus.addresses import canonical
from libya_news.pipeline import article_id, process
from libya_news.segment._heads import said
from libya_news.segment.page_facts import PageFacts, page_facts

STORY = [
    "Talks in Moscow have ended without a deal, officials in Tripoli said on Monday.",
    "The commander left the Russian capital without signing, and his rival called it a lost chance for the country.",
    "Both sides had agreed to a ceasefire on Sunday, after months of fighting around the city.",
]
BODY = f"<article><h1>Talks end</h1>{''.join(f'<p>{line}</p>' for line in STORY)}</article>"


def _facts(html: str, address: str | None = None) -> PageFacts:
    return page_facts(said(LexborHTMLParser(html)), address)


def _linked(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(fields)}</script>'


def _article(html: str | bytes, **known: Any) -> Article:
    made = process(RawArticle("a.html", html, html=True, **known))
    assert isinstance(made, Article)
    return made


NEWS = _linked(
    **{"@graph": [{"@type": "WebSite", "name": "Not this"}, {
        "@type": ["NewsArticle"], "headline": "Talks end", "author": [{"@type": "Person", "name": "Jane Doe"}, "A. B."],
        "datePublished": "2020-01-14T10:00:00+01:00", "inLanguage": {"@type": "Language", "alternateName": "en"},
        "publisher": {"@type": "Organization", "name": "Example News"}, "license": {"url": "https://example.org/l"},
        "mainEntityOfPage": {"@id": "https://example.org/talks"},
    }]}
)  # fmt: skip


@pytest.mark.parametrize(
    ("html", "facts"),
    [
        (
            NEWS,
            PageFacts(
                "Talks end", ("Jane Doe", "A. B."), "2020-01-14T10:00:00+01:00", "en", "Example News",
                "https://example.org/talks", "https://example.org/l",
            ),
        ),
        (
            ('<html lang="pt-BR"><meta property="og:title" content=" A \n B "><meta name="Author" content="J. Doe">'
            '<meta name="author" content="https://example.org/jane"><meta property="og:site_name" content="Example">'
            '<meta itemprop="datePublished" content="2020-01-14"><link rel="canonical" href="https://example.org/c">'),
            PageFacts("A B", ("J. Doe",), "2020-01-14", "pt", "Example", "https://example.org/c"),
        ),
        ('<meta property="og:locale" content="ar_AR">', PageFacts(language="ar")),
        ('<article><time datetime="2020-01-14">x</time></article>', PageFacts(published_at="2020-01-14")),
        ('<span itemprop="datePublished">14/01/2020</span>', PageFacts(published_at="14/01/2020")),
        ('<link rel="canonical" href="javascript:alert(1)"><a rel="license" href="https://x.org/l">x</a>',
         PageFacts(licence="https://x.org/l")),
        (
            _linked(**{"@graph": [
                {"@type": "NewsArticle", "publisher": {"@id": "#us"}, "author": [{"@id": "#jane"}, {"@id": "#nobody"}]},
                {"@type": "Organization", "@id": "#us", "name": "Example News"},
                {"@type": "Person", "@id": "#jane", "name": "Jane Doe"}, {"@id": ["#nobody"], "name": "x"},
            ]}),
            PageFacts(authors=("Jane Doe",), publisher="Example News"),
        ),
        (_linked(**{"@type": "Product", "name": "x"}), PageFacts()),
        ('<script type="application/ld+json">{"@type": "NewsArticle", "headline": </script>', PageFacts()),
        ('<script type="application/ld+json">' + "[" * 100_000 + "</script>", PageFacts()),
        (_linked(**{"@type": "NewsArticle", "author": [[["x"]]], "headline": 7, "publisher": None}), PageFacts()),
        ('<a rel="license" href="/b">x</a><link rel="nofollow LICENSE" href="/a">', PageFacts(licence="/a")),
        ("", PageFacts()),
    ],
)  # fmt: skip
def test_what_a_page_says(html: str, facts: PageFacts) -> None:
    assert _facts(html) == facts


@pytest.mark.parametrize(
    ("said", "address", "url"),
    [
        ("/a/1", "https://www.example.org/x?y=1", "https://www.example.org/a/1"),
        ("https://example.org/a/1", "https://m.example.org/a/1?utm_source=x", "https://example.org/a/1"),
        ("https://elsewhere.org/a/1", "https://example.org/a/1", None),
        ("https://example.org/", "https://example.org/a/1", None),
        ("https://[bad", "https://example.org/a/1", None),
    ],
)
def test_a_canonical_address(said: str, address: str, url: str | None) -> None:
    assert _facts(f'<link rel="canonical" href="{said}">', address).url == url


def test_the_date_in_an_address() -> None:
    assert _facts("", "https://example.org/world/2020/01/14/talks").published_at == "2020-01-14"
    assert _facts("", "https://example.org/20201314/talks").published_at is None


def test_a_page_becomes_an_article() -> None:
    article = _article(f"<html><head>{NEWS}</head>{BODY}", url="https://www.example.org/talks?fbclid=1")
    assert article.body.endswith("\n\n".join(STORY))
    assert (article.title, article.publisher, article.language) == ("Talks end", "Example News", "en")
    assert article.authors == ("Jane Doe", "A. B.")
    assert article.published_at == datetime(2020, 1, 14, 9, tzinfo=timezone.utc)
    assert (article.url, article.licence) == ("https://example.org/talks", "https://example.org/l")


def test_a_page_that_shows_no_text_is_a_drop_that_says_so() -> None:
    data = '{"@type": "NewsArticle", "articleBody": "Talks in Moscow have ended."}'
    page = f"<html><script type='application/ld+json'>{data}</script><div id=app></div></html>"
    dropped = process(RawArticle("a.html", page, html=True))
    assert isinstance(dropped, Drop)
    assert dropped.reason == "empty: the page shows no text, as long as its scripts are not run"


def test_what_the_source_says_counts_more() -> None:
    article = _article(NEWS + BODY, publisher="P", title="T", licence="L", language="French")
    assert (article.publisher, article.title, article.licence, article.language) == ("P", "T", "L", "fr")


def test_the_zero_of_time_is_no_date() -> None:
    for date, year in (("1970-01-01T00:00:00Z", None), ("1970-01-01", None), ("1970-01-02", 1970)):
        article = _article(f'<meta property="article:published_time" content="{date}">{BODY}')
        assert (article.published_at and article.published_at.year) == year


def test_the_charset_of_the_server() -> None:
    page = "<p>أعلن حفتر الانسحاب من المحادثات في موسكو</p>"
    article = _article(page.encode("cp1256"), charset="windows-1256")
    assert (article.text, article.encoding) == (page[3:-4], "cp1256")
    assert _article(page.encode(), charset="windows-1256").encoding == "utf-8"


@pytest.mark.parametrize(
    ("html", "reason"),
    [("<p> </p>", "empty"), (b"", "empty"), ("<script>var a = 1</script>", "empty"), ("\ufffd" * 50, "undecodable")],
)
def test_pages_without_text(html: str | bytes, reason: str) -> None:
    drop = process(RawArticle("a.html", html, html=True))
    assert isinstance(drop, Drop)
    assert drop.reason.startswith(reason)


def test_a_fact_of_a_million_words_is_none() -> None:
    article = _article(f'<meta name="author" content="{"a " * 1_000_000}"><p>Talks have ended.</p>')
    assert article.authors == ()


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://example.org/a?utm_source=x&fbclid=y", "https://example.org/a"),
        ("https://EXAMPLE.org/a#comments", "https://example.org/a"),
        ("https://example.org/%d8%ad", "https://example.org/ح"),
        ("https://example.org/a?b=1&a=2", "https://example.org/a?a=2&b=1"),
    ],
)
def test_ids_do_not_depend_on_how_an_address_is_written(url: str, same: str) -> None:
    assert canonical(url) == canonical(same)
    assert article_id(RawArticle("x", "text", url=url)) == article_id(RawArticle("y", "text", url=same))


@given(st.from_regex(addresses.PLAIN, fullmatch=True))
def test_plain_addresses_are_as_the_library_writes_them(url: str) -> None:
    assert canonical(url) == canonicalize_url(url)


@pytest.mark.parametrize(
    "url", ["http://[bad", "http://x:99999999/", "http://\ud800/", "JA-1", "", "mailto:a@b", "//x"]
)
def test_what_is_no_address(url: str) -> None:
    assert article_id(RawArticle("x", "text", url=url))
