"""The `List…` calls: filters, order and pages, alike for every kind of resource."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infra.local.aws.errors import validation

_PAGE = 100


def page(
    documents: Iterable[dict[str, Any]], request: dict[str, Any], *, name: str, status: str = ""
) -> tuple[list[dict[str, Any]], str | None]:
    """Return the documents a request asks for, and the token of the next page.

    `name` and `status` are the members that NameContains, SortBy and StatusEquals speak of.
    """
    found = [each for each in documents if _matches(each, request, name, status)]
    member = {"Name": name, "Status": status}.get(request.get("SortBy", ""), "CreationTime")
    newest_first = request.get("SortOrder", "Descending") == "Descending"
    found.sort(key=lambda each: each[member], reverse=newest_first)
    start = _offset(request.get("NextToken"))
    end = start + request.get("MaxResults", _PAGE)
    return found[start:end], str(end) if end < len(found) else None


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal():
        raise validation("Invalid NextToken.")
    return int(token)


def _matches(document: dict[str, Any], request: dict[str, Any], name: str, status: str) -> bool:
    low, high = float("-inf"), float("inf")
    created, changed = document["CreationTime"], document.get("LastModifiedTime", 0)
    return (
        request.get("NameContains", "").lower() in document[name].lower()
        and request.get("StatusEquals", document.get(status)) == document.get(status)
        and request.get("CreationTimeAfter", low)
        <= created
        <= request.get("CreationTimeBefore", high)
        and request.get("LastModifiedTimeAfter", low)
        <= changed
        <= request.get("LastModifiedTimeBefore", high)
    )
