"""Titles from the catalogue service."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request


class CatalogError(Exception):
    """The catalogue service did not answer, or not in a way we understand."""


def clean_isbn(isbn: str) -> str:
    """Return the thirteen digits of an ISBN and check the last one."""
    digits = isbn.replace("-", "").replace(" ", "")
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{isbn!r} is not an ISBN with 13 digits")
    checksum = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    if checksum % 10:
        raise ValueError(f"{isbn!r} has a wrong check digit")
    return digits


def fetch_title(base_url: str, isbn: str) -> str | None:
    """Ask the service for a title; None means that it does not know the book."""
    url = f"{base_url.rstrip('/')}/books/{urllib.parse.quote(clean_isbn(isbn))}"
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            answer = json.loads(response.read())
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise CatalogError(f"the catalogue answered with status {error.code}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise CatalogError("the catalogue could not be asked") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("title"), str):
        raise CatalogError("the catalogue's answer has no title")
    return answer["title"].strip() or None
