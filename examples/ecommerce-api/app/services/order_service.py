"""Orders: their way from the basket to the door, what they cost, and what they add up to."""

import enum
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.clock import as_utc, day_end, day_start
from app.core.errors import (
    CouponNotFound,
    InsufficientStock,
    InvalidCoupon,
    InvalidTransition,
    OrderNotEditable,
    OrderNotFound,
    ProductNotFound,
    UserNotFound,
)
from app.core.formatting import format_money, order_number, truncate
from app.core.money import ZERO, check_percent, positive_money, round_money, share_of, to_money
from app.core.pagination import Page, paginate
from app.models.order import Coupon, CouponKind, Order, OrderItem, OrderStatus
from app.models.product import Category, Product
from app.models.user import User

TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.CONFIRMED, OrderStatus.CANCELLED}),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED}),
    OrderStatus.DELIVERED: frozenset({OrderStatus.RETURNED}),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.RETURNED: frozenset(),
}
NOT_SOLD = (OrderStatus.CANCELLED, OrderStatus.RETURNED)
TAX_PERCENT = {
    "US-CA": Decimal("7.25"),
    "US-NY": Decimal("4"),
    "US-OR": Decimal("0"),
    "DE": Decimal("19"),
    "FR": Decimal("20"),
    "GB": Decimal("20"),
}
REDUCED_PERCENT = {"DE": Decimal("7"), "FR": Decimal("5.5"), "GB": Decimal("0")}
REDUCED_CATEGORIES = frozenset({Category.BOOKS, Category.FOOD})
FREE_SHIPPING_FROM = Decimal("50.00")
MAX_QUANTITY = 999
RETURN_DAYS = 30


class ShippingMethod(enum.StrEnum):
    """The ways to the door."""

    STANDARD = "standard"
    EXPRESS = "express"
    PICKUP = "pickup"


class OrderSort(enum.StrEnum):
    """The ways to sort a list of orders."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TOTAL_HIGH = "total_high"
    TOTAL_LOW = "total_low"


@dataclass(frozen=True)
class OrderLine:
    """So many pieces of a product."""

    product_id: int
    quantity: int


@dataclass(frozen=True)
class OrderStatistics:
    """What a span of time has brought."""

    order_count: int
    revenue: Decimal
    average_order: Decimal | None
    by_status: dict[OrderStatus, int]
    cancellation_percent: Decimal | None


@dataclass(frozen=True)
class ProductSales:
    """How well a product sells."""

    product_id: int
    units: int
    revenue: Decimal


class OrderService:
    """Everything that happens to orders."""

    def __init__(self, db: Session) -> None:
        self.db = db

    # --- lifecycle -----------------------------------------------------------------------

    def create_order(
        self,
        user_id: int,
        lines: list[OrderLine],
        region: str | None = None,
        notes: str | None = None,
    ) -> Order:
        """Place an order and take the goods from the shelf; region: the customer's by default."""
        user = self.db.get(User, user_id)
        if user is None or user.deleted_at is not None:
            raise UserNotFound(user_id)
        if not user.is_active:
            raise ValueError(f"user {user_id} is not active")
        if not lines:
            raise ValueError("an order needs at least one line")
        picked = [
            (self._available(product_id, quantity), quantity)
            for product_id, quantity in self._merge(lines).items()
        ]
        order = Order(
            user_id=user.id,
            status=OrderStatus.PENDING,
            region=region or user.region,
            discount=ZERO,
            tax=ZERO,
            shipping=ZERO,
            notes=notes,
            items=[self._new_item(product, quantity) for product, quantity in picked],
        )
        self._recalculate(order)
        for product, quantity in picked:
            product.stock -= quantity
        self.db.add(order)
        self.db.commit()
        return order

    def update_status(self, order_id: int, status: OrderStatus) -> Order:
        """Move an order to its next station, and do what belongs to it."""
        order = self._require(order_id)
        if status not in TRANSITIONS[order.status]:
            raise InvalidTransition(order.status.value, status.value)
        now = datetime.now(timezone.utc)
        if status is OrderStatus.SHIPPED:
            order.shipped_at = now
        elif status is OrderStatus.DELIVERED:
            order.delivered_at = now
        elif status is OrderStatus.CANCELLED:
            order.cancelled_at = now
            self._release_coupon(order)
            self._restock(order)
        elif status is OrderStatus.RETURNED:
            self._restock(order)
        order.status = status
        self.db.commit()
        return order

    def ship_order(self, order_id: int, tracking_number: str) -> Order:
        """Hand a confirmed order to the carrier."""
        order = self._require(order_id)
        tracking = tracking_number.strip()
        if not tracking:
            raise ValueError("a tracking number is required")
        if order.status is not OrderStatus.CONFIRMED:
            raise InvalidTransition(order.status.value, OrderStatus.SHIPPED.value)
        order.tracking_number = tracking
        return self.update_status(order_id, OrderStatus.SHIPPED)

    def complete_order(self, order_id: int) -> Order:
        """Note that the customer has the goods."""
        return self.update_status(order_id, OrderStatus.DELIVERED)

    def cancel_order(self, order_id: int, reason: str | None = None) -> Order:
        """Cancel an order that has not left the house, and put the goods back."""
        order = self.update_status(order_id, OrderStatus.CANCELLED)
        if reason:
            self._append_note(order, f"cancelled: {reason}")
            self.db.commit()
        return order

    def return_order(self, order_id: int, reason: str) -> Order:
        """Take delivered goods back, within thirty days."""
        if not reason.strip():
            raise ValueError("a reason is required")
        order = self._require(order_id)
        delivered = order.delivered_at
        if order.status is not OrderStatus.DELIVERED or delivered is None:
            raise InvalidTransition(order.status.value, OrderStatus.RETURNED.value)
        if datetime.now(timezone.utc) - as_utc(delivered) > timedelta(days=RETURN_DAYS):
            raise ValueError(f"returns are accepted for {RETURN_DAYS} days only")
        self._append_note(order, f"returned: {reason.strip()}")
        return self.update_status(order_id, OrderStatus.RETURNED)

    def cancel_stale_orders(self, max_age_days: int = 14) -> int:
        """Cancel what has been pending for too long and return how many orders that were."""
        if not 1 <= max_age_days <= 365:
            raise ValueError("max_age_days must be between 1 and 365")
        limit = datetime.now(timezone.utc) - timedelta(days=max_age_days)
        stale = self.db.scalars(
            select(Order.id)
            .where(Order.status == OrderStatus.PENDING, Order.created_at < limit)
            .order_by(Order.id)
        ).all()
        for order_id in stale:
            self.update_status(order_id, OrderStatus.CANCELLED)
        return len(stale)

    # --- changing the lines (tax and shipping go back to zero) ----------------------------

    def add_item(self, order_id: int, product_id: int, quantity: int = 1) -> Order:
        """Add a product to a pending order, or more of one that is already in it."""
        order = self._require_editable(order_id)
        item = self._find_item(order, product_id)
        product = self._available(product_id, quantity)
        if item is None:
            order.items.append(self._new_item(product, quantity))
        elif item.quantity + quantity > MAX_QUANTITY:
            raise ValueError(f"quantity must be between 1 and {MAX_QUANTITY}")
        else:
            item.quantity += quantity
        product.stock -= quantity
        self._commit_change(order)
        return order

    def remove_item(self, order_id: int, product_id: int) -> Order:
        """Take a product out of a pending order; the last one has to stay."""
        order = self._require_editable(order_id)
        item = self._find_item(order, product_id)
        if item is None:
            raise ProductNotFound(product_id)
        if len(order.items) == 1:
            raise OrderNotEditable("the last line cannot be removed, cancel the order instead")
        self._return_to_shelf(product_id, item.quantity)
        order.items.remove(item)
        self._commit_change(order)
        return order

    def change_quantity(self, order_id: int, product_id: int, quantity: int) -> Order:
        """Set how many pieces of a product are wanted; none means that it is removed."""
        if quantity == 0:
            return self.remove_item(order_id, product_id)
        self._check_quantity(quantity)
        order = self._require_editable(order_id)
        item = self._find_item(order, product_id)
        if item is None:
            raise ProductNotFound(product_id)
        if quantity > item.quantity:
            return self.add_item(order_id, product_id, quantity - item.quantity)
        if quantity < item.quantity:
            self._return_to_shelf(product_id, item.quantity - quantity)
            item.quantity = quantity
            self._commit_change(order)
        return order

    def reorder(self, order_id: int) -> Order:
        """Place the same order again, with what is still available."""
        old = self._require(order_id)
        lines = []
        for item in old.items:
            product = self.db.get(Product, item.product_id)
            if product is not None and product.is_active and product.stock >= item.quantity:
                lines.append(OrderLine(item.product_id, item.quantity))
        if not lines:
            raise ValueError(f"nothing of order {order_id} is available")
        return self.create_order(old.user_id, lines, region=old.region)

    # --- prices --------------------------------------------------------------------------

    def apply_discount(self, order_id: int, percent: Decimal) -> Order:
        """Reduce a pending order by a percentage of what is in it; replaces earlier discounts."""
        check_percent(percent)
        order = self._require_editable(order_id)
        if order.coupon is not None:
            raise OrderNotEditable("an order with a coupon cannot have another discount")
        order.discount = share_of(order.subtotal, percent)
        self._commit_change(order)
        return order

    def apply_coupon(self, order_id: int, code: str) -> Order:
        """Use a coupon for what is in a pending order now; replaces an earlier discount."""
        order = self._require_editable(order_id)
        if order.coupon is not None:
            raise InvalidCoupon("the order already has a coupon")
        coupon = self._usable_coupon(code, order.subtotal)
        if coupon.kind is CouponKind.PERCENT:
            order.discount = share_of(order.subtotal, coupon.value)
        else:
            order.discount = min(coupon.value, order.subtotal)
        order.coupon = coupon
        coupon.times_used += 1
        self._commit_change(order)
        return order

    def create_coupon(
        self,
        code: str,
        kind: CouponKind,
        value: Decimal,
        min_subtotal: Decimal | None = None,
        expires_at: datetime | None = None,
        max_uses: int | None = None,
    ) -> Coupon:
        """Print a new coupon."""
        clean_code = self._clean_code(code)
        if not 3 <= len(clean_code) <= 32 or not clean_code.isalnum():
            raise ValueError("a code has 3 to 32 letters and digits")
        amount = positive_money(value)
        if kind is CouponKind.PERCENT:
            check_percent(amount)
        if max_uses is not None and max_uses < 1:
            raise ValueError("max_uses must be at least 1")
        coupon = Coupon(
            code=clean_code,
            kind=kind,
            value=amount,
            min_subtotal=None if min_subtotal is None else positive_money(min_subtotal),
            expires_at=None if expires_at is None else as_utc(expires_at),
            max_uses=max_uses,
            times_used=0,
            is_active=True,
        )
        self.db.add(coupon)
        try:
            self.db.commit()
        except IntegrityError:
            self.db.rollback()
            raise InvalidCoupon(f"code {clean_code} already exists") from None
        return coupon

    def calculate_tax(self, order_id: int, region: str | None = None) -> Decimal:
        """Work out the tax of an order for its region, or a given one, and put it on the bill."""
        order = self._require_editable(order_id)
        place = (region or order.region or "").strip().upper()
        if place not in TAX_PERCENT:
            raise ValueError(f"no tax rate for region {place!r}")
        order.region = place
        order.tax = self._tax_of(order, place)
        self._commit_total(order)
        return order.tax

    def calculate_shipping(self, order_id: int, method: ShippingMethod) -> Decimal:
        """Work out the cost of shipping and put it on the bill."""
        order = self._require_editable(order_id)
        pieces = sum(item.quantity for item in order.items)
        if method is ShippingMethod.PICKUP:
            cost = ZERO
        elif method is ShippingMethod.EXPRESS:
            cost = Decimal("9.90") + Decimal("1.00") * pieces
        elif order.subtotal - order.discount >= FREE_SHIPPING_FROM:
            cost = ZERO
        else:
            cost = Decimal("4.90")
        order.shipping = to_money(cost)
        self._commit_total(order)
        return order.shipping

    # --- finding -------------------------------------------------------------------------

    def get_order_by_id(self, order_id: int) -> Order | None:
        """Return the order, or None."""
        return self.db.get(Order, order_id)

    def list_orders(
        self, page: int = 1, per_page: int = 20, sort: OrderSort = OrderSort.NEWEST
    ) -> Page[Order]:
        """Return one page of all orders."""
        return paginate(self.db, select(Order).order_by(*self._ordering(sort)), page, per_page)

    def list_orders_by_user(
        self, user_id: int, include_cancelled: bool = True, page: int = 1, per_page: int = 20
    ) -> Page[Order]:
        """Return one page of the orders of a user, the newest first."""
        statement = select(Order).where(Order.user_id == user_id)
        if not include_cancelled:
            statement = statement.where(Order.status != OrderStatus.CANCELLED)
        ordering = self._ordering(OrderSort.NEWEST)
        return paginate(self.db, statement.order_by(*ordering), page, per_page)

    def filter_orders(
        self,
        status: OrderStatus | None = None,
        date_from: date | None = None,
        date_to: date | None = None,
        min_total: Decimal | None = None,
        max_total: Decimal | None = None,
        sort: OrderSort = OrderSort.NEWEST,
        page: int = 1,
        per_page: int = 20,
    ) -> Page[Order]:
        """Return one page of the orders that pass all given filters; days are included."""
        statement = self._in_span(select(Order), date_from, date_to)
        if status is not None:
            statement = statement.where(Order.status == status)
        if min_total is not None:
            statement = statement.where(Order.total >= to_money(min_total))
        if max_total is not None:
            statement = statement.where(Order.total <= to_money(max_total))
        return paginate(self.db, statement.order_by(*self._ordering(sort)), page, per_page)

    def expected_delivery(self, order_id: int) -> date | None:
        """Return the day to expect the goods: three days after shipping, never a Sunday."""
        order = self._require(order_id)
        if order.status is not OrderStatus.SHIPPED or order.shipped_at is None:
            return None
        day = as_utc(order.shipped_at).date() + timedelta(days=3)
        if day.isoweekday() == 7:
            day += timedelta(days=1)
        return day

    # --- numbers and papers --------------------------------------------------------------

    def statistics(
        self, date_from: date | None = None, date_to: date | None = None
    ) -> OrderStatistics:
        """Count the orders of a span and sum up what was sold."""
        statement = self._in_span(select(Order.status, Order.total), date_from, date_to)
        by_status = dict.fromkeys(OrderStatus, 0)
        sold: list[Decimal] = []
        for status, total in self.db.execute(statement).all():
            by_status[status] += 1
            if status not in NOT_SOLD:
                sold.append(total)
        count = sum(by_status.values())
        revenue = round_money(sum(sold, ZERO))
        average = round_money(revenue / len(sold)) if sold else None
        cancelled = Decimal(100 * by_status[OrderStatus.CANCELLED])
        percent = round_money(cancelled / count) if count else None
        return OrderStatistics(count, revenue, average, by_status, percent)

    def top_products(self, limit: int = 5) -> list[ProductSales]:
        """Return the products that sell best, by pieces."""
        if not 1 <= limit <= 100:
            raise ValueError("limit must be between 1 and 100")
        units = func.sum(OrderItem.quantity)
        revenue = func.sum(OrderItem.quantity * OrderItem.unit_price)
        statement = (
            select(OrderItem.product_id, units, revenue)
            .join(Order, Order.id == OrderItem.order_id)
            .where(Order.status.not_in(NOT_SOLD))
            .group_by(OrderItem.product_id)
            .order_by(units.desc(), OrderItem.product_id)
            .limit(limit)
        )
        return [
            ProductSales(product_id, int(pieces), round_money(Decimal(amount)))
            for product_id, pieces, amount in self.db.execute(statement).all()
        ]

    def invoice_text(self, order_id: int, currency: str = "usd") -> str:
        """Return the invoice as plain text."""
        order = self._require(order_id)
        if order.status is OrderStatus.PENDING:
            raise ValueError("a pending order has no invoice")
        rows = [f"Invoice {order_number(order.id)}"]
        for item in order.items:
            amount = format_money(item.unit_price * item.quantity, currency)
            rows.append(f"{item.quantity} x {truncate(item.product_name, 30)}: {amount}")
        if order.discount:
            rows.append(f"Discount: -{format_money(order.discount, currency)}")
        if order.tax:
            rows.append(f"Tax: {format_money(order.tax, currency)}")
        if order.shipping:
            rows.append(f"Shipping: {format_money(order.shipping, currency)}")
        rows.append(f"Total: {format_money(order.total, currency)}")
        return "\n".join(rows)

    # --- details -------------------------------------------------------------------------

    def _require(self, order_id: int) -> Order:
        order = self.db.get(Order, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        return order

    def _require_editable(self, order_id: int) -> Order:
        order = self._require(order_id)
        if order.status is not OrderStatus.PENDING:
            raise OrderNotEditable(f"order {order_id} is {order.status.value}")
        return order

    def _available(self, product_id: int, quantity: int) -> Product:
        self._check_quantity(quantity)
        product = self.db.get(Product, product_id)
        if product is None or not product.is_active:
            raise ProductNotFound(product_id)
        if product.stock < quantity:
            raise InsufficientStock(product_id, quantity, product.stock)
        return product

    def _usable_coupon(self, code: str, subtotal: Decimal) -> Coupon:
        wanted = self._clean_code(code)
        coupon = self.db.scalars(select(Coupon).where(Coupon.code == wanted)).first()
        if coupon is None or not coupon.is_active:
            raise CouponNotFound(wanted)
        now = datetime.now(timezone.utc)
        if coupon.expires_at is not None and as_utc(coupon.expires_at) <= now:
            raise InvalidCoupon(f"coupon {wanted} has expired")
        if coupon.max_uses is not None and coupon.times_used >= coupon.max_uses:
            raise InvalidCoupon(f"coupon {wanted} is used up")
        if coupon.min_subtotal is not None and subtotal < coupon.min_subtotal:
            raise InvalidCoupon(f"coupon {wanted} needs a subtotal of {coupon.min_subtotal}")
        return coupon

    def _commit_change(self, order: Order) -> None:
        # what the goods cost has changed: tax and shipping have to be worked out again
        order.tax = ZERO
        order.shipping = ZERO
        self._commit_total(order)

    def _commit_total(self, order: Order) -> None:
        try:
            self._recalculate(order)
        except ValueError:
            # the total is larger than the shop allows: nothing of the change stays
            self.db.rollback()
            raise
        self.db.commit()

    def _recalculate(self, order: Order) -> None:
        order.subtotal = to_money(
            sum((item.unit_price * item.quantity for item in order.items), ZERO)
        )
        # a discount never makes the goods cost less than nothing
        order.discount = min(order.discount, order.subtotal)
        order.total = to_money(order.subtotal - order.discount + order.tax + order.shipping)

    def _restock(self, order: Order) -> None:
        for item in order.items:
            self._return_to_shelf(item.product_id, item.quantity)

    def _return_to_shelf(self, product_id: int, quantity: int) -> None:
        self.db.execute(
            update(Product).where(Product.id == product_id).values(stock=Product.stock + quantity)
        )

    def _release_coupon(self, order: Order) -> None:
        if order.coupon is not None and order.coupon.times_used > 0:
            order.coupon.times_used -= 1

    @staticmethod
    def _tax_of(order: Order, place: str) -> Decimal:
        normal = TAX_PERCENT[place]
        # the discount is spread evenly over the lines
        factor = 1 - order.discount / order.subtotal if order.subtotal else Decimal(1)
        tax = ZERO
        for item in order.items:
            percent = normal
            if item.category in REDUCED_CATEGORIES:
                percent = REDUCED_PERCENT.get(place, normal)
            tax += item.unit_price * item.quantity * factor * percent / 100
        return to_money(tax)

    @staticmethod
    def _in_span(
        statement: Select[Any], date_from: date | None, date_to: date | None
    ) -> Select[Any]:
        first = None if date_from is None else day_start(date_from)
        last = None if date_to is None else day_end(date_to)
        if first is not None and last is not None and first > last:
            raise ValueError("date_from must not be after date_to")
        if first is not None:
            statement = statement.where(Order.created_at >= first)
        if last is not None:
            statement = statement.where(Order.created_at <= last)
        return statement

    @staticmethod
    def _merge(lines: list[OrderLine]) -> dict[int, int]:
        merged: dict[int, int] = {}
        for line in lines:
            if line.quantity < 1:
                raise ValueError(f"quantity must be between 1 and {MAX_QUANTITY}")
            merged[line.product_id] = merged.get(line.product_id, 0) + line.quantity
        return merged

    @staticmethod
    def _check_quantity(quantity: int) -> None:
        if not 1 <= quantity <= MAX_QUANTITY:
            raise ValueError(f"quantity must be between 1 and {MAX_QUANTITY}")

    @staticmethod
    def _new_item(product: Product, quantity: int) -> OrderItem:
        return OrderItem(
            product_id=product.id,
            product_name=product.name,
            category=product.category,
            quantity=quantity,
            unit_price=product.price,
        )

    @staticmethod
    def _find_item(order: Order, product_id: int) -> OrderItem | None:
        for item in order.items:
            if item.product_id == product_id:
                return item
        return None

    @staticmethod
    def _append_note(order: Order, note: str) -> None:
        order.notes = f"{order.notes}\n{note}" if order.notes else note

    @staticmethod
    def _clean_code(code: str) -> str:
        return code.strip().upper()

    @staticmethod
    def _ordering(sort: OrderSort) -> tuple[Any, ...]:
        match sort:
            case OrderSort.OLDEST:
                return (Order.created_at, Order.id)
            case OrderSort.TOTAL_HIGH:
                return (Order.total.desc(), Order.id)
            case OrderSort.TOTAL_LOW:
                return (Order.total, Order.id)
            case _:
                return (Order.created_at.desc(), Order.id.desc())
