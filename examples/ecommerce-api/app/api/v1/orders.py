"""Routes for orders and coupons."""

from datetime import date, datetime
from decimal import Decimal

from fastapi import APIRouter, HTTPException, status
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict

from app.api.deps import Orders, PageNumber, PageSize
from app.models.order import Coupon, CouponKind, Order, OrderStatus
from app.services.order_service import (
    OrderLine,
    OrderSort,
    OrderStatistics,
    ProductSales,
    ShippingMethod,
)

router = APIRouter(prefix="/orders", tags=["orders"])


class LineIn(BaseModel):
    """So many pieces of a product."""

    product_id: int
    quantity: int


class OrderCreate(BaseModel):
    """A new order."""

    user_id: int
    lines: list[LineIn]
    region: str | None = None
    notes: str | None = None


class StatusChange(BaseModel):
    """The next station."""

    status: OrderStatus


class Shipment(BaseModel):
    """What the carrier has given us."""

    tracking_number: str


class Reason(BaseModel):
    """Why, if anybody wants to say."""

    reason: str | None = None


class ReturnReason(BaseModel):
    """Why the goods come back."""

    reason: str


class Quantity(BaseModel):
    """How many pieces."""

    quantity: int


class Discount(BaseModel):
    """A percentage off."""

    percent: Decimal


class CouponCode(BaseModel):
    """The code on a coupon."""

    code: str


class CouponCreate(BaseModel):
    """A new coupon."""

    code: str
    kind: CouponKind
    value: Decimal
    min_subtotal: Decimal | None = None
    expires_at: datetime | None = None
    max_uses: int | None = None


class CouponOut(BaseModel):
    """A coupon as the API shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    kind: CouponKind
    value: Decimal


class ItemOut(BaseModel):
    """A line of an order."""

    model_config = ConfigDict(from_attributes=True)

    product_id: int
    product_name: str
    quantity: int
    unit_price: Decimal


class OrderOut(BaseModel):
    """An order as the API shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    user_id: int
    status: OrderStatus
    region: str | None
    subtotal: Decimal
    discount: Decimal
    tax: Decimal
    shipping: Decimal
    total: Decimal
    notes: str | None
    tracking_number: str | None
    created_at: datetime
    items: list[ItemOut]


class OrderPage(BaseModel):
    """One page of orders."""

    model_config = ConfigDict(from_attributes=True)

    items: list[OrderOut]
    total: int
    page: int
    pages: int


@router.post("", response_model=OrderOut, status_code=status.HTTP_201_CREATED)
def create_order(payload: OrderCreate, service: Orders) -> Order:
    """Place an order."""
    lines = [OrderLine(line.product_id, line.quantity) for line in payload.lines]
    return service.create_order(payload.user_id, lines, region=payload.region, notes=payload.notes)


@router.get("", response_model=OrderPage)
def list_orders(
    service: Orders,
    page: PageNumber = 1,
    per_page: PageSize = 20,
    sort: OrderSort = OrderSort.NEWEST,
) -> object:
    """List all orders."""
    return service.list_orders(page, per_page, sort)


@router.get("/filter", response_model=OrderPage)
def filter_orders(
    service: Orders,
    order_status: OrderStatus | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    min_total: Decimal | None = None,
    max_total: Decimal | None = None,
    sort: OrderSort = OrderSort.NEWEST,
    page: PageNumber = 1,
    per_page: PageSize = 20,
) -> object:
    """List the orders that pass all filters."""
    return service.filter_orders(
        status=order_status,
        date_from=date_from,
        date_to=date_to,
        min_total=min_total,
        max_total=max_total,
        sort=sort,
        page=page,
        per_page=per_page,
    )


@router.get("/statistics")
def statistics(
    service: Orders, date_from: date | None = None, date_to: date | None = None
) -> OrderStatistics:
    """Sum up a span of days."""
    return service.statistics(date_from, date_to)


@router.get("/top-products")
def top_products(service: Orders, limit: PageSize = 5) -> list[ProductSales]:
    """List what sells best."""
    return service.top_products(limit)


@router.get("/by-user/{user_id}", response_model=OrderPage)
def list_orders_by_user(
    user_id: int,
    service: Orders,
    include_cancelled: bool = True,
    page: PageNumber = 1,
    per_page: PageSize = 20,
) -> object:
    """List the orders of a user."""
    return service.list_orders_by_user(user_id, include_cancelled, page, per_page)


@router.post("/coupons", response_model=CouponOut, status_code=status.HTTP_201_CREATED)
def create_coupon(payload: CouponCreate, service: Orders) -> Coupon:
    """Print a coupon."""
    return service.create_coupon(
        code=payload.code,
        kind=payload.kind,
        value=payload.value,
        min_subtotal=payload.min_subtotal,
        expires_at=payload.expires_at,
        max_uses=payload.max_uses,
    )


@router.post("/cancel-stale")
def cancel_stale_orders(service: Orders, max_age_days: int = 14) -> dict[str, int]:
    """Cancel what has been pending for too long."""
    return {"cancelled": service.cancel_stale_orders(max_age_days)}


@router.get("/{order_id}", response_model=OrderOut)
def read_order(order_id: int, service: Orders) -> Order:
    """Show an order."""
    order = service.get_order_by_id(order_id)
    if order is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"order {order_id} not found")
    return order


@router.put("/{order_id}/status", response_model=OrderOut)
def update_status(order_id: int, payload: StatusChange, service: Orders) -> Order:
    """Move an order on."""
    return service.update_status(order_id, payload.status)


@router.post("/{order_id}/ship", response_model=OrderOut)
def ship_order(order_id: int, payload: Shipment, service: Orders) -> Order:
    """Hand an order to the carrier."""
    return service.ship_order(order_id, payload.tracking_number)


@router.post("/{order_id}/complete", response_model=OrderOut)
def complete_order(order_id: int, service: Orders) -> Order:
    """Note that an order has arrived."""
    return service.complete_order(order_id)


@router.post("/{order_id}/cancel", response_model=OrderOut)
def cancel_order(order_id: int, payload: Reason, service: Orders) -> Order:
    """Cancel an order."""
    return service.cancel_order(order_id, payload.reason)


@router.post("/{order_id}/return", response_model=OrderOut)
def return_order(order_id: int, payload: ReturnReason, service: Orders) -> Order:
    """Take an order back."""
    return service.return_order(order_id, payload.reason)


@router.post("/{order_id}/reorder", response_model=OrderOut)
def reorder(order_id: int, service: Orders) -> Order:
    """Place the same order again."""
    return service.reorder(order_id)


@router.post("/{order_id}/items", response_model=OrderOut)
def add_item(order_id: int, payload: LineIn, service: Orders) -> Order:
    """Add a product to an order."""
    return service.add_item(order_id, payload.product_id, payload.quantity)


@router.put("/{order_id}/items/{product_id}", response_model=OrderOut)
def change_quantity(order_id: int, product_id: int, payload: Quantity, service: Orders) -> Order:
    """Change how many pieces are wanted."""
    return service.change_quantity(order_id, product_id, payload.quantity)


@router.delete("/{order_id}/items/{product_id}", response_model=OrderOut)
def remove_item(order_id: int, product_id: int, service: Orders) -> Order:
    """Take a product out of an order."""
    return service.remove_item(order_id, product_id)


@router.post("/{order_id}/discount", response_model=OrderOut)
def apply_discount(order_id: int, payload: Discount, service: Orders) -> Order:
    """Reduce an order."""
    return service.apply_discount(order_id, payload.percent)


@router.post("/{order_id}/coupon", response_model=OrderOut)
def apply_coupon(order_id: int, payload: CouponCode, service: Orders) -> Order:
    """Use a coupon."""
    return service.apply_coupon(order_id, payload.code)


@router.post("/{order_id}/tax")
def calculate_tax(order_id: int, service: Orders, region: str | None = None) -> dict[str, Decimal]:
    """Work out the tax."""
    return {"tax": service.calculate_tax(order_id, region)}


@router.post("/{order_id}/shipping")
def calculate_shipping(
    order_id: int, service: Orders, method: ShippingMethod = ShippingMethod.STANDARD
) -> dict[str, Decimal]:
    """Work out the shipping."""
    return {"shipping": service.calculate_shipping(order_id, method)}


@router.get("/{order_id}/expected-delivery")
def expected_delivery(order_id: int, service: Orders) -> dict[str, date | None]:
    """Say when to expect the goods."""
    return {"expected": service.expected_delivery(order_id)}


@router.get("/{order_id}/invoice", response_class=PlainTextResponse)
def invoice(order_id: int, service: Orders, currency: str = "usd") -> str:
    """Show the invoice."""
    return service.invoice_text(order_id, currency)
