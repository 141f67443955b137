"""Routes for the catalogue."""

from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict

from app.api.deps import PageNumber, PageSize, Products
from app.models.product import Category, PriceChange, Product
from app.services.product_service import CategoryReport, ProductSort, StockStatus

router = APIRouter(prefix="/products", tags=["products"])


class ProductCreate(BaseModel):
    """A new product."""

    sku: str
    name: str
    price: Decimal
    category: Category = Category.OTHER
    stock: int = 0
    description: str | None = None
    cost: Decimal | None = None


class ProductUpdate(BaseModel):
    """What can be changed about a product."""

    name: str | None = None
    description: str | None = None
    category: Category | None = None
    reorder_level: int | None = None


class PriceUpdate(BaseModel):
    """A new price."""

    price: Decimal


class BulkPrices(BaseModel):
    """New prices by product."""

    prices: dict[int, Decimal]


class Markup(BaseModel):
    """A change of all prices of a category."""

    category: Category
    percent: Decimal


class StockChange(BaseModel):
    """Goods in or out."""

    delta: int


class ProductOut(BaseModel):
    """A product as the API shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    sku: str
    name: str
    description: str | None
    category: Category
    price: Decimal
    stock: int
    is_active: bool


class ProductPage(BaseModel):
    """One page of the catalogue."""

    model_config = ConfigDict(from_attributes=True)

    items: list[ProductOut]
    total: int
    page: int
    pages: int


class PriceChangeOut(BaseModel):
    """An entry of the price history."""

    model_config = ConfigDict(from_attributes=True)

    old_price: Decimal
    new_price: Decimal
    changed_at: datetime


@router.post("", response_model=ProductOut, status_code=status.HTTP_201_CREATED)
def create_product(payload: ProductCreate, service: Products) -> Product:
    """Add a product."""
    return service.create_product(
        sku=payload.sku,
        name=payload.name,
        price=payload.price,
        category=payload.category,
        stock=payload.stock,
        description=payload.description,
        cost=payload.cost,
    )


@router.get("", response_model=ProductPage)
def list_products(
    service: Products,
    page: PageNumber = 1,
    per_page: PageSize = 20,
    category: Category | None = None,
    min_price: Decimal | None = None,
    max_price: Decimal | None = None,
    in_stock: bool = False,
    sort: ProductSort = ProductSort.NAME,
) -> object:
    """List the catalogue."""
    return service.list_products(
        page,
        per_page,
        category=category,
        min_price=min_price,
        max_price=max_price,
        in_stock=in_stock,
        sort=sort,
    )


@router.get("/search", response_model=list[ProductOut])
def search_products(
    service: Products,
    q: str | None = None,
    category: Category | None = None,
    limit: PageSize = 20,
) -> list[Product]:
    """Find products by words."""
    return service.search_products(q, category=category, limit=limit)


@router.get("/low-stock", response_model=list[ProductOut])
def low_stock(service: Products, threshold: int | None = None) -> list[Product]:
    """List what has to be ordered."""
    return service.low_stock_products(threshold)


@router.get("/reports/categories")
def category_reports(service: Products) -> list[CategoryReport]:
    """Report on every shelf."""
    return service.category_reports()


@router.get("/reports/inventory-value")
def inventory_value(service: Products, at_cost: bool = False) -> dict[str, Decimal]:
    """Say what the stock is worth."""
    return {"value": service.inventory_value(at_cost)}


@router.get("/by-sku/{sku}", response_model=ProductOut)
def read_by_sku(sku: str, service: Products) -> Product:
    """Show a product by its SKU."""
    product = service.get_product_by_sku(sku)
    if product is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"sku {sku} not found")
    return product


@router.post("/prices")
def bulk_update_prices(payload: BulkPrices, service: Products) -> dict[str, int]:
    """Set many prices."""
    return {"changed": service.bulk_update_prices(payload.prices)}


@router.post("/markup")
def apply_markup(payload: Markup, service: Products) -> dict[str, int]:
    """Change the prices of a category."""
    return {"changed": service.apply_markup(payload.category, payload.percent)}


@router.post("/import")
def import_products(rows: list[dict[str, str]], service: Products) -> dict[str, object]:
    """Create products from the rows of a spreadsheet."""
    result = service.import_products(rows)
    return {"created": result.created, "errors": result.errors}


@router.get("/{product_id}", response_model=ProductOut)
def read_product(product_id: int, service: Products) -> Product:
    """Show a product."""
    product = service.get_product_by_id(product_id)
    if product is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"product {product_id} not found")
    return product


@router.patch("/{product_id}", response_model=ProductOut)
def update_product(product_id: int, payload: ProductUpdate, service: Products) -> Product:
    """Change a product."""
    return service.update_product(
        product_id,
        name=payload.name,
        description=payload.description,
        category=payload.category,
        reorder_level=payload.reorder_level,
    )


@router.put("/{product_id}/price", response_model=ProductOut)
def change_price(product_id: int, payload: PriceUpdate, service: Products) -> Product:
    """Set a price."""
    return service.change_price(product_id, payload.price)


@router.get("/{product_id}/price-history", response_model=list[PriceChangeOut])
def price_history(product_id: int, service: Products) -> list[PriceChange]:
    """List the changes of a price."""
    return service.price_history(product_id)


@router.get("/{product_id}/suggested-price")
def suggest_price(product_id: int, margin: Decimal, service: Products) -> dict[str, Decimal]:
    """Work out a price from a margin."""
    return {"price": service.suggest_price(product_id, margin)}


@router.post("/{product_id}/stock", response_model=ProductOut)
def adjust_stock(product_id: int, payload: StockChange, service: Products) -> Product:
    """Book goods in or out."""
    return service.adjust_stock(product_id, payload.delta)


@router.get("/{product_id}/stock-status")
def stock_status(product_id: int, service: Products) -> dict[str, StockStatus]:
    """Say how well the shelf is filled."""
    return {"status": service.stock_status(product_id)}


@router.post("/{product_id}/restore", response_model=ProductOut)
def restore_product(product_id: int, service: Products) -> Product:
    """Put a product back."""
    return service.restore_product(product_id)


@router.delete("/{product_id}", status_code=status.HTTP_204_NO_CONTENT)
def delete_product(product_id: int, service: Products) -> None:
    """Take a product out."""
    service.delete_product(product_id)
