"""Payments: card payments through Stripe, refunds, and the money side of an order."""

import os
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal

import stripe
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import day_end, day_start
from app.core.errors import (
    DuplicatePayment,
    InvalidTransition,
    OrderNotFound,
    PaymentConfigurationError,
    PaymentDeclined,
    PaymentNotFound,
    PaymentProviderError,
    RefundNotAllowed,
)
from app.core.money import ZERO, positive_money, round_money, share_of, to_cents
from app.core.pagination import Page, paginate
from app.models.order import Order, OrderStatus
from app.models.payment import Payment, PaymentStatus, Refund
from app.services.order_service import OrderService

CURRENCIES = frozenset({"usd", "eur", "gbp"})
MIN_AMOUNT = Decimal("0.50")
MAX_REASON = 200
OPEN = (PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION)
PAID = (PaymentStatus.SUCCEEDED, PaymentStatus.PARTIALLY_REFUNDED)
FROM_STRIPE = {
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELLED,
    "requires_action": PaymentStatus.REQUIRES_ACTION,
    "requires_payment_method": PaymentStatus.PENDING,
    "requires_confirmation": PaymentStatus.PENDING,
    "processing": PaymentStatus.PENDING,
}


@dataclass(frozen=True)
class RevenueSummary:
    """What came in, what went back, and what is left."""

    payments: int
    collected: Decimal
    refunded: Decimal
    fees: Decimal
    net: Decimal


class PaymentService:
    """Everything that happens to payments."""

    def __init__(self, db: Session, orders: OrderService) -> None:
        self.db = db
        self.orders = orders
        try:
            self.api_key = os.environ["STRIPE_API_KEY"]
        except KeyError:
            raise PaymentConfigurationError("STRIPE_API_KEY is not set") from None

    # --- paying --------------------------------------------------------------------------

    def create_payment_intent(
        self, order_id: int, amount: Decimal, currency: str = "usd"
    ) -> Payment:
        """Announce a payment for a pending order to the provider."""
        cleaned = positive_money(amount)
        code = self._check_currency(currency)
        order = self._require_order(order_id)
        if order.status is not OrderStatus.PENDING:
            raise InvalidTransition(order.status.value, "paid")
        if self._open_payment(order_id) is not None:
            raise DuplicatePayment(f"order {order_id} already has an open payment")
        if cleaned < MIN_AMOUNT:
            raise ValueError(f"amount must be at least {MIN_AMOUNT}")
        if cleaned > self.outstanding_amount(order_id):
            raise ValueError("amount exceeds what is left to pay")
        try:
            intent = stripe.PaymentIntent.create(
                amount=to_cents(cleaned),
                currency=code,
                metadata={"order_id": str(order_id)},
                api_key=self.api_key,
            )
        except stripe.CardError as error:
            raise PaymentDeclined(error.user_message or "the card was declined") from error
        except stripe.StripeError as error:
            raise PaymentProviderError("the payment could not be created") from error
        payment = Payment(
            order_id=order_id,
            amount=cleaned,
            refunded_amount=ZERO,
            currency=code,
            status=PaymentStatus.PENDING,
            provider_id=intent.id,
        )
        self.db.add(payment)
        self.db.commit()
        return payment

    def confirm(self, payment_id: int) -> Payment:
        """Collect the money; the order is confirmed as soon as all of it is paid."""
        payment = self._require_open(payment_id, PaymentStatus.SUCCEEDED)
        order = self._require_order(payment.order_id)
        if order.status is not OrderStatus.PENDING:
            raise InvalidTransition(order.status.value, OrderStatus.CONFIRMED.value)
        intent_id = self._intent_id(payment)
        try:
            intent = stripe.PaymentIntent.confirm(intent_id, api_key=self.api_key)
        except stripe.CardError as error:
            self._mark_failed(payment, error.user_message or "the card was declined")
            raise PaymentDeclined(f"payment {payment_id} was declined") from error
        except stripe.StripeError as error:
            raise PaymentProviderError(f"payment {payment_id} was not confirmed") from error
        self._take_over(payment, intent.status)
        return payment

    def fail(self, payment_id: int, reason: str | None = None) -> Payment:
        """Note that an open payment came to nothing."""
        payment = self._require_open(payment_id, PaymentStatus.FAILED)
        self._mark_failed(payment, reason or "unknown")
        return payment

    def cancel(self, payment_id: int) -> Payment:
        """Call off an open payment."""
        payment = self._require_open(payment_id, PaymentStatus.CANCELLED)
        if payment.provider_id is not None:
            try:
                stripe.PaymentIntent.cancel(payment.provider_id, api_key=self.api_key)
            except stripe.StripeError as error:
                raise PaymentProviderError(f"payment {payment_id} was not cancelled") from error
        payment.status = PaymentStatus.CANCELLED
        self.db.commit()
        return payment

    def sync_status(self, payment_id: int) -> bool:
        """Ask the provider how an open payment is doing; say whether anything has changed."""
        payment = self._require(payment_id)
        if payment.status not in OPEN:
            return False
        before = payment.status
        intent_id = self._intent_id(payment)
        try:
            intent = stripe.PaymentIntent.retrieve(intent_id, api_key=self.api_key)
        except stripe.StripeError as error:
            raise PaymentProviderError(f"payment {payment_id} could not be read") from error
        self._take_over(payment, intent.status)
        return payment.status is not before

    # --- refunds -------------------------------------------------------------------------

    def refund_full(self, payment_id: int, reason: str | None = None) -> Refund:
        """Give all the money back that has not been given back yet."""
        payment = self._require_refundable(payment_id)
        return self._refund(payment, payment.amount - payment.refunded_amount, reason)

    def refund_partial(self, payment_id: int, amount: Decimal, reason: str | None = None) -> Refund:
        """Give a part of the money back."""
        cleaned = positive_money(amount)
        payment = self._require_refundable(payment_id)
        left = payment.amount - payment.refunded_amount
        if cleaned > left:
            raise RefundNotAllowed(f"only {left} of payment {payment_id} can be refunded")
        return self._refund(payment, cleaned, reason)

    def refundable_amount(self, payment_id: int) -> Decimal:
        """Return how much of a payment could be given back."""
        payment = self._require(payment_id)
        if payment.status not in PAID:
            return ZERO
        return payment.amount - payment.refunded_amount

    def list_refunds(self, payment_id: int) -> list[Refund]:
        """Return the refunds of a payment, oldest first."""
        return list(self._require(payment_id).refunds)

    # --- finding -------------------------------------------------------------------------

    def get_payment_by_id(self, payment_id: int) -> Payment | None:
        """Return the payment, or None."""
        return self.db.get(Payment, payment_id)

    def get_payment_by_order(self, order_id: int) -> Payment | None:
        """Return the latest payment of an order, or None."""
        statement = select(Payment).where(Payment.order_id == order_id).order_by(Payment.id.desc())
        return self.db.scalars(statement.limit(1)).first()

    def list_payments(
        self,
        status: PaymentStatus | None = None,
        currency: str | None = None,
        page: int = 1,
        per_page: int = 20,
    ) -> Page[Payment]:
        """Return one page of payments, the newest first."""
        statement = select(Payment)
        if status is not None:
            statement = statement.where(Payment.status == status)
        if currency is not None:
            statement = statement.where(Payment.currency == self._check_currency(currency))
        return paginate(self.db, statement.order_by(Payment.id.desc()), page, per_page)

    # --- sums ----------------------------------------------------------------------------

    def paid_amount(self, order_id: int) -> Decimal:
        """Return what has been paid for an order, less what went back."""
        payments = self.db.scalars(
            select(Payment).where(Payment.order_id == order_id, Payment.status.in_(PAID))
        ).all()
        return sum((payment.amount - payment.refunded_amount for payment in payments), ZERO)

    def outstanding_amount(self, order_id: int) -> Decimal:
        """Return what is left to pay for an order."""
        order = self._require_order(order_id)
        return max(order.total - self.paid_amount(order_id), ZERO)

    def revenue_summary(
        self, currency: str = "usd", start: date | None = None, end: date | None = None
    ) -> RevenueSummary:
        """Sum up the payments of a span of days in one currency."""
        first = None if start is None else day_start(start)
        last = None if end is None else day_end(end)
        if first is not None and last is not None and first > last:
            raise ValueError("start must not be after end")
        statement = select(Payment).where(
            Payment.currency == self._check_currency(currency),
            Payment.status.in_([*PAID, PaymentStatus.REFUNDED]),
        )
        if first is not None:
            statement = statement.where(Payment.created_at >= first)
        if last is not None:
            statement = statement.where(Payment.created_at <= last)
        payments = self.db.scalars(statement).all()
        collected = sum((payment.amount for payment in payments), ZERO)
        refunded = sum((payment.refunded_amount for payment in payments), ZERO)
        fees = sum((self.provider_fee(payment.amount) for payment in payments), ZERO)
        return RevenueSummary(
            payments=len(payments),
            collected=round_money(collected),
            refunded=round_money(refunded),
            fees=round_money(fees),
            net=round_money(collected - refunded - fees),
        )

    @staticmethod
    def provider_fee(amount: Decimal) -> Decimal:
        """Return what the provider keeps: 2.9 percent and thirty cents, of nothing nothing."""
        if amount.is_nan() or amount <= 0:
            return ZERO
        return share_of(amount, Decimal("2.9")) + Decimal("0.30")

    # --- details -------------------------------------------------------------------------

    def _require(self, payment_id: int) -> Payment:
        payment = self.db.get(Payment, payment_id)
        if payment is None:
            raise PaymentNotFound(payment_id)
        return payment

    def _require_open(self, payment_id: int, wanted: PaymentStatus) -> Payment:
        payment = self._require(payment_id)
        if payment.status not in OPEN:
            raise InvalidTransition(payment.status.value, wanted.value)
        return payment

    def _require_refundable(self, payment_id: int) -> Payment:
        payment = self._require(payment_id)
        if payment.status not in PAID:
            raise RefundNotAllowed(f"payment {payment_id} is {payment.status.value}")
        return payment

    def _require_order(self, order_id: int) -> Order:
        order = self.orders.get_order_by_id(order_id)
        if order is None:
            raise OrderNotFound(order_id)
        return order

    def _open_payment(self, order_id: int) -> Payment | None:
        statement = select(Payment).where(Payment.order_id == order_id, Payment.status.in_(OPEN))
        return self.db.scalars(statement).first()

    def _take_over(self, payment: Payment, provider_status: str) -> None:
        status = FROM_STRIPE.get(provider_status)
        if status is None:
            raise PaymentProviderError(f"unknown payment status {provider_status!r}")
        payment.status = status
        if status is PaymentStatus.SUCCEEDED:
            payment.confirmed_at = datetime.now(timezone.utc)
        self.db.commit()
        if status is PaymentStatus.SUCCEEDED:
            self._confirm_order(payment.order_id)

    def _confirm_order(self, order_id: int) -> None:
        order = self._require_order(order_id)
        if order.status is OrderStatus.PENDING and not self.outstanding_amount(order_id):
            self.orders.update_status(order_id, OrderStatus.CONFIRMED)

    def _mark_failed(self, payment: Payment, reason: str) -> None:
        payment.status = PaymentStatus.FAILED
        payment.failure_reason = reason[:MAX_REASON]
        self.db.commit()

    def _refund(self, payment: Payment, amount: Decimal, reason: str | None) -> Refund:
        try:
            answer = stripe.Refund.create(
                payment_intent=self._intent_id(payment),
                amount=to_cents(amount),
                api_key=self.api_key,
            )
        except stripe.StripeError as error:
            raise PaymentProviderError(f"payment {payment.id} was not refunded") from error
        refund = Refund(payment_id=payment.id, amount=amount, reason=reason, provider_id=answer.id)
        self.db.add(refund)
        payment.refunded_amount += amount
        if payment.refunded_amount >= payment.amount:
            payment.status = PaymentStatus.REFUNDED
        else:
            payment.status = PaymentStatus.PARTIALLY_REFUNDED
        self.db.commit()
        return refund

    @staticmethod
    def _intent_id(payment: Payment) -> str:
        if payment.provider_id is None:
            raise ValueError(f"payment {payment.id} is not known to the provider")
        return payment.provider_id

    @staticmethod
    def _check_currency(currency: str) -> str:
        code = currency.strip().lower()
        if code not in CURRENCIES:
            raise ValueError(f"currency {currency!r} is not supported")
        return code
