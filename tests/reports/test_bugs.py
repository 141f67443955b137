import json
from dataclasses import asdict

from proctor.reports.bugs import bugs_json, render_bugs

_PAGE = """\
# Bugs found

| # | File | Method | Issue | Severity |
| --- | --- | --- | --- | --- |
| 1 | `shop/prices.py` | `Prices.search()` | no guard against None | Medium |

## 1. `Prices.search()`: no guard against None

`shop/prices.py:14` raises `TypeError: argument of type 'NoneType' is not iterable`. Severity: medium.

Evidence:

- `shop/routes.py:9` passes `str | None`
- the sibling `find` guards it

Reproduction:

```python
from shop.prices import Prices

Prices().search(None)
```

Test: `tests/test_prices.py::TestSearch::test_search_none` is marked `xfail(strict=True)`. \
Once the bug is fixed it fails: remove the mark then.
"""


def test_a_bug_has_a_row_and_a_section(bug):
    assert render_bugs([bug()]) == _PAGE


def test_no_bugs_is_said_plainly():
    assert render_bugs([]) == "# Bugs found\n\nNone found: no failure came with evidence that the source is wrong.\n"


def test_a_bug_without_evidence_has_no_empty_list(bug):
    assert "Evidence" not in render_bugs([bug(evidence=())])


def test_bugs_are_listed_by_number_however_they_arrive(bug):
    first, second = bug(1), bug(2, issue="another")

    assert render_bugs([second, first]) == render_bugs([first, second])
    assert bugs_json([second, first]) == bugs_json([first, second])


def test_the_json_has_every_field_of_every_bug(bug):
    bugs = [bug(1), bug(2, severity="high")]

    assert json.loads(bugs_json(bugs)) == {
        "version": 1,
        "bugs": [asdict(one) | {"evidence": list(one.evidence)} for one in bugs],
    }


def test_the_json_of_no_bugs_is_an_empty_list():
    assert json.loads(bugs_json([])) == {"version": 1, "bugs": []}
