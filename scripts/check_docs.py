"""Checks the documentation: links lead somewhere, examples run, and every message has a paragraph."""

import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(`{3,}).*?^\1\s*?$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
SLUG = re.compile(r"""\bslug\s*=\s*["']([a-z0-9-]+)["']""")
MESSAGES = ROOT / "docs/reference/messages.md"


def main() -> int:
    """Print every fault; 1 when there is one."""
    pages = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    faults = [fault for page in pages for fault in (*broken_links(page), *broken_examples(page))]
    faults += unexplained_messages()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(pages)} pages, {len(faults)} faults")
    return 1 if faults else 0


def broken_links(page: Path) -> Iterator[str]:
    """The links to files or headings of this repository that are not there."""
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
            yield f"{page.relative_to(ROOT)}: {link} leads nowhere"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{page.relative_to(ROOT)}: {link} names a heading that is not there"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the page's headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_examples(page: Path) -> Iterator[str]:
    """The interactive Python examples that give something else than the page says."""
    said: list[str] = []
    test = doctest.DocTestParser().get_doctest(
        page.read_text(encoding="utf-8").replace("```", ""), {}, page.name, str(page), 0
    )
    doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    if said:
        yield "".join(said)


def unexplained_messages() -> list[str]:
    """The slugs in the source without a paragraph, and those that have two."""
    explained = [heading for heading in HEADING.findall(MESSAGES.read_text(encoding="utf-8")) if heading != "Messages"]
    used = {slug for file in (ROOT / "src").rglob("*.py") for slug in SLUG.findall(file.read_text(encoding="utf-8"))}
    missing = [f"docs/reference/messages.md: no paragraph for {slug}" for slug in sorted(used - set(explained))]
    twice = sorted({slug for slug in explained if explained.count(slug) > 1})
    return missing + [f"docs/reference/messages.md: two paragraphs for {slug}" for slug in twice]


if __name__ == "__main__":
    sys.exit(main())
