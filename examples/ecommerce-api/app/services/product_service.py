"""The catalogue: products, prices, stock, and the reports about them."""

import enum
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import DuplicateSku, InsufficientStock, ProductNotFound
from app.core.money import ZERO, check_percent, round_money, to_money
from app.core.pagination import Page, paginate
from app.models.product import Category, PriceChange, Product

SKU_PATTERN = re.compile(r"[A-Z0-9][A-Z0-9-]{2,31}")
MAX_STOCK = 1_000_000
# above this the price would be more than twenty times the cost: surely a typing error
MAX_MARGIN = 95


class ProductSort(enum.StrEnum):
    """The ways to sort the catalogue."""

    NAME = "name"
    PRICE_LOW = "price_low"
    PRICE_HIGH = "price_high"
    NEWEST = "newest"


class StockStatus(enum.StrEnum):
    """How well a shelf is filled."""

    OUT_OF_STOCK = "out_of_stock"
    LOW = "low"
    AVAILABLE = "available"


@dataclass(frozen=True)
class CategoryReport:
    """What is on one shelf, and what it is worth."""

    category: Category
    products: int
    units: int
    value: Decimal
    average_price: Decimal


@dataclass
class ImportResult:
    """What came of an import: how many rows went in, and why the others did not."""

    created: int = 0
    errors: list[str] = field(default_factory=list)


class ProductService:
    """Everything that happens to products."""

    def __init__(self, db: Session) -> None:
        self.db = db

    # --- create, read, update, delete ----------------------------------------------------

    def create_product(
        self,
        sku: str,
        name: str,
        price: Decimal,
        category: Category = Category.OTHER,
        stock: int = 0,
        description: str | None = None,
        cost: Decimal | None = None,
    ) -> Product:
        """Add a product to the catalogue; a price of zero is allowed, for give-aways."""
        clean_sku = self._clean_sku(sku)
        product = Product(
            sku=clean_sku,
            name=self._clean_name(name),
            price=self._clean_price(price),
            category=category,
            stock=self._check_stock(stock),
            reorder_level=5,
            description=description,
            cost=None if cost is None else self._clean_price(cost),
            is_active=True,
        )
        self.db.add(product)
        try:
            self.db.commit()
        except IntegrityError:
            self.db.rollback()
            raise DuplicateSku(clean_sku) from None
        return product

    def get_product_by_id(self, product_id: int) -> Product | None:
        """Return the product, also when it is no longer sold, or None."""
        return self.db.get(Product, product_id)

    def get_product_by_sku(self, sku: str) -> Product | None:
        """Return the product with this SKU, or None."""
        return self.db.scalars(select(Product).where(Product.sku == sku.strip().upper())).first()

    def update_product(
        self,
        product_id: int,
        name: str | None = None,
        description: str | None = None,
        category: Category | None = None,
        reorder_level: int | None = None,
    ) -> Product:
        """Change the given fields; prices and stock have methods of their own."""
        product = self._require(product_id)
        # checked before anything is changed, so that an error leaves the product as it was
        clean_name = product.name if name is None else self._clean_name(name)
        if reorder_level is not None:
            product.reorder_level = self._check_stock(reorder_level)
        if description is not None:
            product.description = description.strip() or None
        if category is not None:
            product.category = category
        product.name = clean_name
        self.db.commit()
        return product

    def delete_product(self, product_id: int) -> None:
        """Take a product out of the catalogue; old orders keep pointing at it."""
        product = self._require(product_id)
        product.is_active = False
        self.db.commit()

    def restore_product(self, product_id: int) -> Product:
        """Put a product back into the catalogue."""
        product = self.db.get(Product, product_id)
        if product is None:
            raise ProductNotFound(product_id)
        if product.is_active:
            raise ValueError(f"product {product_id} is not deleted")
        product.is_active = True
        self.db.commit()
        return product

    # --- prices --------------------------------------------------------------------------

    def change_price(self, product_id: int, new_price: Decimal) -> Product:
        """Set a price and remember the old one."""
        product = self._require(product_id)
        price = self._clean_price(new_price)
        if price != product.price:
            self._set_price(product, price)
            self.db.commit()
        return product

    def bulk_update_prices(self, prices: dict[int, Decimal]) -> int:
        """Set many prices at once, all or none; unknown products are left out of the count."""
        cleaned = {product_id: self._clean_price(price) for product_id, price in prices.items()}
        if not cleaned:
            return 0
        statement = select(Product).where(
            Product.id.in_(list(cleaned)), Product.is_active.is_(True)
        )
        changed = 0
        for product in self.db.scalars(statement).all():
            if product.price != cleaned[product.id]:
                self._set_price(product, cleaned[product.id])
                changed += 1
        self.db.commit()
        return changed

    def apply_markup(self, category: Category, percent: Decimal) -> int:
        """Raise (or with a negative number lower) all prices of a category."""
        check_percent(percent, low=-90, high=500)
        if percent == 0:
            return 0
        statement = select(Product).where(Product.category == category, Product.is_active.is_(True))
        products = self.db.scalars(statement.order_by(Product.id)).all()
        # all new prices are known to be possible before the first one is set
        prices = [to_money(product.price * (100 + percent) / 100) for product in products]
        for product, price in zip(products, prices, strict=True):
            self._set_price(product, price)
        self.db.commit()
        return len(products)

    def suggest_price(self, product_id: int, margin_percent: Decimal) -> Decimal:
        """Return the price at which the margin would be reached."""
        product = self._require(product_id)
        check_percent(margin_percent, high=MAX_MARGIN)
        if product.cost is None:
            raise ValueError(f"product {product_id} has no cost")
        return to_money(product.cost * 100 / (100 - margin_percent))

    def price_history(self, product_id: int) -> list[PriceChange]:
        """Return the changes of the price, oldest first."""
        product = self._require(product_id)
        return list(product.price_changes)

    # --- finding -------------------------------------------------------------------------

    def list_products(
        self,
        page: int = 1,
        per_page: int = 20,
        category: Category | None = None,
        min_price: Decimal | None = None,
        max_price: Decimal | None = None,
        in_stock: bool = False,
        sort: ProductSort = ProductSort.NAME,
    ) -> Page[Product]:
        """Return one page of the catalogue."""
        statement = select(Product).where(Product.is_active.is_(True))
        if category is not None:
            statement = statement.where(Product.category == category)
        if min_price is not None:
            statement = statement.where(Product.price >= self._clean_price(min_price))
        if max_price is not None:
            statement = statement.where(Product.price <= self._clean_price(max_price))
        if in_stock:
            statement = statement.where(Product.stock > 0)
        return paginate(self.db, statement.order_by(*self._ordering(sort)), page, per_page)

    def search_products(
        self, query: str, category: Category | None = None, limit: int = 20
    ) -> list[Product]:
        """Find products whose name, SKU or description contains every word of the query."""
        words = query.split() if " " in query else [query]
        if not 1 <= limit <= 100:
            raise ValueError("limit must be between 1 and 100")
        statement = select(Product).where(Product.is_active.is_(True))
        for word in words:
            statement = statement.where(
                or_(
                    Product.name.icontains(word, autoescape=True),
                    Product.sku.icontains(word, autoescape=True),
                    Product.description.icontains(word, autoescape=True),
                )
            )
        if category is not None:
            statement = statement.where(Product.category == category)
        return list(
            self.db.scalars(statement.order_by(Product.name, Product.id).limit(limit)).all()
        )

    # --- stock ---------------------------------------------------------------------------

    def adjust_stock(self, product_id: int, delta: int) -> Product:
        """Book goods in (positive) or out (negative)."""
        product = self._require(product_id)
        level = product.stock + delta
        if level < 0:
            raise InsufficientStock(product_id, wanted=-delta, available=product.stock)
        product.stock = self._check_stock(level)
        self.db.commit()
        return product

    def stock_status(self, product_id: int) -> StockStatus:
        """Say how well the shelf is filled."""
        product = self._require(product_id)
        if product.stock <= 0:
            return StockStatus.OUT_OF_STOCK
        if product.stock <= product.reorder_level:
            return StockStatus.LOW
        return StockStatus.AVAILABLE

    def low_stock_products(self, threshold: int | None = None) -> list[Product]:
        """Return what has to be ordered: at or under the threshold, or the product's own level."""
        statement = select(Product).where(Product.is_active.is_(True))
        if threshold is None:
            statement = statement.where(Product.stock <= Product.reorder_level)
        else:
            statement = statement.where(Product.stock <= self._check_stock(threshold))
        return list(self.db.scalars(statement.order_by(Product.stock, Product.id)).all())

    # --- reports and imports -------------------------------------------------------------

    def category_reports(self) -> list[CategoryReport]:
        """Return a report for every category that has products, in the order of the shelves."""
        statement = select(Product).where(Product.is_active.is_(True)).order_by(Product.id)
        products = self.db.scalars(statement).all()
        reports = []
        for category in Category:
            shelf = [product for product in products if product.category is category]
            if shelf:
                reports.append(self._report(category, shelf))
        return reports

    def inventory_value(self, at_cost: bool = False) -> Decimal:
        """Return what the stock is worth; products without a known cost count with their price."""
        price = func.coalesce(Product.cost, Product.price) if at_cost else Product.price
        statement = select(price, Product.stock).where(Product.is_active.is_(True))
        rows = self.db.execute(statement).all()
        return round_money(sum((amount * stock for amount, stock in rows), ZERO))

    def import_products(self, rows: list[dict[str, str]]) -> ImportResult:
        """Create products from the rows of a spreadsheet; a bad row does not stop the others."""
        result = ImportResult()
        for number, row in enumerate(rows, start=1):
            try:
                self._import_row(row)
            except InvalidOperation:
                result.errors.append(
                    f"row {number}: price {row.get('price', '')!r} is not a number"
                )
            except (ValueError, DuplicateSku) as error:
                result.errors.append(f"row {number}: {error}")
            else:
                result.created += 1
        return result

    # --- details -------------------------------------------------------------------------

    def _require(self, product_id: int) -> Product:
        product = self.db.get(Product, product_id)
        if product is None or not product.is_active:
            raise ProductNotFound(product_id)
        return product

    def _set_price(self, product: Product, price: Decimal) -> None:
        change = PriceChange(product_id=product.id, old_price=product.price, new_price=price)
        self.db.add(change)
        product.price = price

    def _import_row(self, row: dict[str, str]) -> None:
        self.create_product(
            sku=row.get("sku", ""),
            name=row.get("name", ""),
            price=Decimal(row.get("price", "")),
            category=Category(row.get("category", "other").strip().lower()),
            stock=int(row.get("stock", "0")),
            description=row.get("description"),
        )

    @staticmethod
    def _report(category: Category, shelf: list[Product]) -> CategoryReport:
        value = sum((product.price * product.stock for product in shelf), ZERO)
        prices = sum((product.price for product in shelf), ZERO)
        return CategoryReport(
            category=category,
            products=len(shelf),
            units=sum(product.stock for product in shelf),
            value=round_money(value),
            average_price=round_money(prices / len(shelf)),
        )

    @staticmethod
    def _clean_sku(sku: str) -> str:
        cleaned = sku.strip().upper()
        if not SKU_PATTERN.fullmatch(cleaned):
            raise ValueError(f"sku {sku!r} is not valid")
        return cleaned

    @staticmethod
    def _clean_name(name: str) -> str:
        cleaned = " ".join(name.split())
        if not cleaned:
            raise ValueError("name is required")
        if len(cleaned) > 200:
            raise ValueError("name must not be longer than 200 characters")
        return cleaned

    @staticmethod
    def _clean_price(price: Decimal) -> Decimal:
        cleaned = to_money(price)
        if cleaned < 0:
            raise ValueError("price must not be negative")
        return cleaned

    @staticmethod
    def _check_stock(stock: int) -> int:
        if not 0 <= stock <= MAX_STOCK:
            raise ValueError(f"stock must be between 0 and {MAX_STOCK}")
        return stock

    @staticmethod
    def _ordering(sort: ProductSort) -> tuple[Any, ...]:
        match sort:
            case ProductSort.PRICE_LOW:
                return (Product.price, Product.id)
            case ProductSort.PRICE_HIGH:
                return (Product.price.desc(), Product.id)
            case ProductSort.NEWEST:
                return (Product.created_at.desc(), Product.id.desc())
            case _:
                return (Product.name, Product.id)
