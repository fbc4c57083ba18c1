"""Turning text into what the search compares: lower-case words without accents."""

import re
import unicodedata

from registry.choices import OriginRegistry

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
MAX_WORD_LENGTH = 60
MAX_TERMS = 8
# Letters that people leave the stroke or ligature of out, and that Unicode does not decompose.
_PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


def normalised_words(text: str) -> list[str]:
    """Return the words of `text` in order: compatibility-decomposed, accents and strokes dropped, lower case."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().translate(_PLAIN_LETTERS)
    return [word[:MAX_WORD_LENGTH] for word in _WORD.findall(bare)]


def searchable_text(
    *,
    project_name: str,
    project_initiator: str,
    country_name: str,
    country_code: str,
    region: str,
    tree_types: list[str],
    origin_registry: str,
    origin_id: str,
) -> str:
    """Return what the public search looks through for one project, as normalised words."""
    registry = OriginRegistry(origin_registry).label if origin_registry else ""
    parts = [
        project_name,
        project_initiator,
        country_name,
        country_code,
        region,
        *tree_types,
        registry,
        origin_id,
    ]
    return " ".join(dict.fromkeys(word for part in parts for word in normalised_words(part)))
