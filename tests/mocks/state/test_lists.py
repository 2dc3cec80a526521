"""One page of a list, filtered and sorted."""

import pytest

from cierre.mocks.state.lists import Item, page_of
from cierre.mocks.state.resources import Filter, Listing

BOOKS = [
    Item("1", {"id": 1, "title": "Uno", "price": 9, "tags": ["a", "b"], "sold": True}),
    Item("2", {"id": 2, "title": "Dos", "price": 20, "tags": ["b"], "sold": False}),
    Item("3", {"id": 3, "title": "tres", "price": None, "tags": [], "sold": False}),
]
MEMBERS = {"id": "id", "title": "title", "price": "price"}


def ids(listing, **query):
    return [int(item.id) for item in page_of(BOOKS, listing, query, query).items]


def filtered(sent, member="title", operator="eq"):
    return ids(Listing(filters={"wanted": Filter((member,), operator)}), wanted=sent)


@pytest.mark.parametrize(
    ("sent", "member", "operator", "expected"),
    [
        ("uno", "title", "eq", [1]),
        (["Uno", "Dos"], "title", "eq", [1, 2]),
        ("1,3", "id", "eq", [1, 3]),
        (2, "id", "ne", [1, 3]),
        (False, "sold", "eq", [2, 3]),
        ("b", "tags", "eq", [1, 2]),
        (10, "price", "gt", [2]),
        (9, "price", "lte", [1]),
        ("os", "title", "contains", [2]),
        ({"gte": 9, "lt": 20}, "price", "eq", [1]),
        ("all", "title", "eq", [1, 2, 3]),
        ("", "title", "eq", [1, 2, 3]),
    ],
)
def test_a_filter_lets_pass_what_it_says(sent, member, operator, expected):
    assert filtered(sent, member, operator) == expected


def test_the_default_of_a_filter_filters_nothing():
    listing = Listing(filters={"title": Filter(("title",))})
    assert page_of(BOOKS, listing, {"title": "none"}, ()).total == 3


def test_a_search_looks_into_all_members():
    assert ids(Listing(search=("q",)), q="TRES") == [3]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"sort": "title"}, [2, 3, 1]),
        ({"sort": "-title"}, [1, 3, 2]),
        ({"sort": "price:desc"}, [2, 1, 3]),
        ({"sort": "title_desc"}, [1, 3, 2]),
        ({"sort": "title", "order": "desc"}, [1, 3, 2]),
        ({"sort": ["-price", "title"]}, [2, 1, 3]),
        ({"sort": "nothing"}, [1, 2, 3]),
        ({"order": "desc"}, [3, 2, 1]),
    ],
)
def test_sorting_is_as_the_parameters_say(query, expected):
    assert ids(Listing(sort="sort", direction="order", members=MEMBERS), **query) == expected


@pytest.mark.parametrize(
    ("listing", "query", "expected"),
    [
        (Listing(page="page", size="size"), {"page": 2, "size": 2}, [3]),
        (Listing(offset="skip", size="size"), {"skip": 1, "size": 1}, [2]),
        (Listing(after="after", size="size"), {"after": "1"}, [2, 3]),
        (Listing(before="before", size="size"), {"before": "3", "size": 1}, [2]),
        (Listing(cursor="cursor", size="size"), {"cursor": "2", "size": 1}, [3]),
        (Listing(page="page", size="size"), {"page": 9, "size": 2}, []),
    ],
)
def test_a_page_is_the_one_that_was_asked_for(listing, query, expected):
    assert ids(listing, **query) == expected


def test_the_next_page_goes_on_where_this_one_ended():
    listing = Listing(cursor="cursor", size="size")
    first = page_of(BOOKS, listing, {"size": 2}, ())
    second = page_of(BOOKS, listing, {"size": 2, **first.next}, ())
    assert [item.id for item in (*first.items, *second.items)] == ["1", "2", "3"]
    assert (second.next, first.total, first.pages) == (None, 3, 2)
