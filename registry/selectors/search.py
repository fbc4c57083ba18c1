"""Searching by words: beginnings count, and a word that nobody wrote is corrected to those most like it.

Every word of every project is in the vocabulary (`registry_searchword`), so a beginning is spelled out into
the words that it begins before the projects are asked: the index finds whole words ten times faster than
beginnings, and a beginning of nothing is known to be mistyped at once.
"""

from collections.abc import Sequence

from carboncore.common.api.statements import fetch_all

CORRECTIONS = 5
# A correction much less like the word than the best one is another word.
NEARLY_AS_LIKE = 0.8
# Words of up to two letters and numbers are not in the vocabulary.
SHORTEST_KNOWN = 3
# A beginning of more words than this is looked up as a beginning.
MOST_SPELLED_OUT = 40


def search_query(words: Sequence[str]) -> str:
    """Return the text query for projects in which each of these normalised words, or what it begins, occurs."""
    spelled_out = _spelled_out([word for word in words if _is_known_kind(word)])
    return " & ".join(f"({_term(word, spelled_out.get(word))})" for word in words)


def beginnings(words: Sequence[str]) -> str:
    """Return the text query for projects with words that begin with each of these."""
    return " & ".join(f"'{word}':*" for word in words)


def _term(word: str, spelled_out: list[str] | None) -> str:
    if spelled_out is None or len(spelled_out) > MOST_SPELLED_OUT:
        return f"'{word}':*"
    return " | ".join(f"'{found}'" for found in spelled_out or _most_similar(word) or [word])


def _is_known_kind(word: str) -> bool:
    return len(word) >= SHORTEST_KNOWN and not word.isdigit()


def _spelled_out(words: Sequence[str]) -> dict[str, list[str]]:
    if not words:
        return {}
    rows = fetch_all(
        'SELECT w, ARRAY(SELECT "word" FROM "registry_searchword" WHERE "word" ~>=~ w'
        ' AND "word" ~<~ (w || chr(1114111)) LIMIT %s) FROM unnest(%s::text[]) AS w',
        [MOST_SPELLED_OUT + 1, list(words)],
    )
    return dict(rows)


def _most_similar(word: str) -> list[str]:
    rows = fetch_all(
        'SELECT "word" FROM ('
        'SELECT "word", similarity("word", %s) AS likeness, max(similarity("word", %s)) OVER () AS best'
        ' FROM "registry_searchword" WHERE "word" % %s) AS candidates'
        ' WHERE likeness >= best * %s ORDER BY likeness DESC, "word" LIMIT %s',
        [word, word, word, NEARLY_AS_LIKE, CORRECTIONS],
        plan_anew=True,
    )
    return [found for (found,) in rows]
