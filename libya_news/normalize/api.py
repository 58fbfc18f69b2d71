"""``normalize``: what the stages of this package make together."""

from __future__ import annotations

from dataclasses import replace

from libya_news.records import Normalized

from . import lossy, repair, suspicion
from .damage import damage
from .decode import decode
from .edits import ByteOffsets, EditOffsets, OffsetChain
from .fixes import run_fixes
from .options import NormalizeOptions
from .sieve import needed

_ALL = NormalizeOptions()


def normalize(
    data: bytes | str, options: NormalizeOptions | None = None, *, declared_encoding: str | None = None
) -> Normalized:
    r"""Decode, repair and tidy one text. Never raises on any ``bytes`` or ``str``, and is idempotent.

    Args:
        data: the text, or its bytes in whatever encoding.
        options: which fixes are made; all by default.
        declared_encoding: what the source says the bytes are in (HTTP header, HTML or XML declaration). It is
            believed only where the bytes are not valid UTF-8 and can be read in it.

    >>> n = normalize("Tripoli\xa0: â€œlâ€™armÃ©eâ€\x9d\r\n")
    >>> n.text
    'Tripoli : “l’armée”\n'
    >>> n.fixes
    ('newlines', 'mojibake', 'spaces')
    """
    options = options or _ALL
    if isinstance(data, str):
        return _fixed(data, options)
    decoded = decode(data, declared_encoding)
    to_bytes = ByteOffsets(decoded.text, decoded.encoding, decoded.errors, decoded.skipped, len(data))
    done = _fixed(decoded.text, options, to_bytes)
    return replace(done, encoding=decoded.encoding, confidence=decoded.confidence)


def _fixed(text: str, options: NormalizeOptions, *before: ByteOffsets) -> Normalized:
    if not (found := needed(text)):
        return Normalized(text, offsets=OffsetChain(before)) if before else Normalized(text)
    try:
        work = run_fixes(text, found, options)
        suspicious = "mojibake" in work.needed
        lost = damage(work.text, suspicious=suspicious) if suspicious or "lost" in work.needed else ()
    finally:
        suspicion.forget()
        repair.forget()
        lossy.forget()
    stages: list[EditOffsets | ByteOffsets] = [*before, *work.back]
    return Normalized(work.text, counts=work.counts, damage=lost, offsets=OffsetChain(stages) if stages else None)
