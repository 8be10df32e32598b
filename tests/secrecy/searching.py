"""Looking for words in bytes as somebody does who has got hold of them: in every case, encoding and layer of base64."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

_RUN = re.compile(rb"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEXES = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_DEPTH = 4


def found(words: Iterable[str], data: bytes) -> set[str]:
    """Return the words that stand in some bytes."""
    layers = list(_layers(data, _DEPTH))
    return {word for word in words if any(face in layer for face in _faces(word) for layer in layers)}


def _faces(word: str) -> list[bytes]:
    encodings = ("utf-8", "latin-1", "unicode_escape", "utf-16-le", "utf-16-be")
    return [each.encode(name).lower() for each in (word, word.lower(), word.upper()) for name in encodings]


def _layers(data: bytes, depth: int) -> Iterator[bytes]:
    """Yield the bytes in lower case, and whatever they decode to."""
    yield data.lower()
    # a text in which newlines or backslashes are escaped hides the borders of a run
    plain = data.replace(b"\\n", b"\n").replace(b'\\"', b'"').replace(b"\\/", b"/")
    if not depth:
        return
    if plain != data:
        yield from _layers(plain, depth - 1)
    # an armored file breaks its lines
    for text in {plain, plain.replace(b"\n", b"")}:
        for run in _RUN.findall(text):
            for decoded in _decoded(run):
                yield from _layers(decoded, depth - 1)
        for run in _HEXES.findall(text):
            yield from _layers(binascii.unhexlify(run), 0)


def _decoded(run: bytes) -> Iterator[bytes]:
    """A run that begins in the middle of a group of four decodes from one of the next three places."""
    clean = run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    for start in range(4 if len(clean) < 200 else 1):
        part = clean[start:]
        if len(part) % 4 == 1:
            part = part[:-1]
        if part:
            yield base64.b64decode(part + b"=" * (-len(part) % 4))
