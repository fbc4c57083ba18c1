"""The staff's search for projects: the public search's words, on a queryset."""

from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet

from registry.models import Project
from registry.search import MAX_TERMS, normalised_words
from registry.selectors.search import search_query


def projects_matching(queryset: QuerySet[Project], text: str) -> QuerySet[Project]:
    """Narrow to projects with all the words of `text` (as beginnings); nothing narrowed by an empty text.

    A project's number alone finds that project too. A word that no project has is replaced by those most like it.
    """
    words = normalised_words(text)[:MAX_TERMS]
    if not words:
        return queryset
    found = queryset.filter(search_vector=SearchQuery(search_query(words), search_type="raw", config="simple"))
    if len(words) == 1 and words[0].isdigit() and len(words[0]) < 18:
        return found | queryset.filter(pk=int(words[0]))
    return found
