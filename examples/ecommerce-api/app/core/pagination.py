"""Pages of query results."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")

MAX_PAGE = 10_000
MAX_PER_PAGE = 100


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a longer list."""

    items: list[T]
    total: int
    page: int
    per_page: int
    pages: int


def check_page(page: int, per_page: int) -> None:
    """Refuse page numbers and sizes that make no sense."""
    if not 1 <= page <= MAX_PAGE:
        raise ValueError(f"page must be between 1 and {MAX_PAGE}")
    if not 1 <= per_page <= MAX_PER_PAGE:
        raise ValueError(f"per_page must be between 1 and {MAX_PER_PAGE}")


def paginate(db: Session, statement: Select[Any], page: int, per_page: int) -> Page[Any]:
    """Run a statement for one page and count what there is in total."""
    check_page(page, per_page)
    total = db.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    items = db.scalars(statement.limit(per_page).offset((page - 1) * per_page)).all()
    return Page(list(items), total, page, per_page, pages=-(-total // per_page))
