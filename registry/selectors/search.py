"""Searching by words: beginnings count, and a word that nobody wrote is corrected to those most like it."""

from collections.abc import Sequence

from carboncore.common.api.statements import fetch_all

CORRECTIONS = 5
SHORTEST_CORRECTED = 3


def prefix_query(alternatives: Sequence[Sequence[str]]) -> str:
    """Return the text query in which each term is any of its alternatives, as a beginning; terms are AND-ed."""
    return " & ".join("(" + " | ".join(f"'{word}':*" for word in words) + ")" for words in alternatives)


def corrected(words: Sequence[str]) -> list[list[str]] | None:
    """Return each word with what to look for instead, None when every word is known or nothing is like it."""
    unknown = set(_unknown([word for word in words if len(word) >= SHORTEST_CORRECTED and not word.isdigit()]))
    if not unknown:
        return None
    alternatives = [_most_similar(word) if word in unknown else [word] for word in words]
    return alternatives if all(alternatives) else None


def _unknown(words: Sequence[str]) -> list[str]:
    if not words:
        return []
    rows = fetch_all(
        "SELECT w FROM unnest(%s::text[]) AS w WHERE NOT EXISTS"
        ' (SELECT 1 FROM "registry_searchword" WHERE "word" ~>=~ w AND "word" ~<~ (w || chr(1114111)))',
        [list(words)],
        plan_anew=True,
    )
    return [word for (word,) in rows]


def _most_similar(word: str) -> list[str]:
    rows = fetch_all(
        'SELECT "word" FROM "registry_searchword" WHERE "word" % %s'
        ' ORDER BY similarity("word", %s) DESC, "word" LIMIT %s',
        [word, word, CORRECTIONS],
        plan_anew=True,
    )
    return [found for (found,) in rows]
