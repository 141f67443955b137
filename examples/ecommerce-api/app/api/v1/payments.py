"""Routes for payments and refunds."""

from datetime import date, datetime
from decimal import Decimal

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict

from app.api.deps import PageNumber, PageSize, Payments
from app.models.payment import Payment, PaymentStatus, Refund
from app.services.payment_service import RevenueSummary

router = APIRouter(prefix="/payments", tags=["payments"])


class PaymentCreate(BaseModel):
    """A new payment."""

    order_id: int
    amount: Decimal
    currency: str = "usd"


class Failure(BaseModel):
    """Why a payment came to nothing."""

    reason: str | None = None


class FullRefund(BaseModel):
    """All of the money goes back."""

    reason: str | None = None


class PartialRefund(BaseModel):
    """A part of the money goes back."""

    amount: Decimal
    reason: str | None = None


class PaymentOut(BaseModel):
    """A payment as the API shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    order_id: int
    amount: Decimal
    refunded_amount: Decimal
    currency: str
    status: PaymentStatus
    failure_reason: str | None
    created_at: datetime


class PaymentPage(BaseModel):
    """One page of payments."""

    model_config = ConfigDict(from_attributes=True)

    items: list[PaymentOut]
    total: int
    page: int
    pages: int


class RefundOut(BaseModel):
    """A refund as the API shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    payment_id: int
    amount: Decimal
    reason: str | None
    created_at: datetime


@router.post("", response_model=PaymentOut, status_code=status.HTTP_201_CREATED)
def create_payment(payload: PaymentCreate, service: Payments) -> Payment:
    """Announce a payment."""
    return service.create_payment_intent(payload.order_id, payload.amount, payload.currency)


@router.get("", response_model=PaymentPage)
def list_payments(
    service: Payments,
    payment_status: PaymentStatus | None = None,
    currency: str | None = None,
    page: PageNumber = 1,
    per_page: PageSize = 20,
) -> object:
    """List payments."""
    return service.list_payments(payment_status, currency, page, per_page)


@router.get("/revenue")
def revenue(
    service: Payments,
    currency: str = "usd",
    start: date | None = None,
    end: date | None = None,
) -> RevenueSummary:
    """Sum up a span of days."""
    return service.revenue_summary(currency, start, end)


@router.get("/by-order/{order_id}", response_model=PaymentOut)
def read_by_order(order_id: int, service: Payments) -> Payment:
    """Show the latest payment of an order."""
    payment = service.get_payment_by_order(order_id)
    if payment is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"order {order_id} has no payment")
    return payment


@router.get("/by-order/{order_id}/outstanding")
def outstanding(order_id: int, service: Payments) -> dict[str, Decimal]:
    """Say what is left to pay."""
    return {"outstanding": service.outstanding_amount(order_id)}


@router.get("/{payment_id}", response_model=PaymentOut)
def read_payment(payment_id: int, service: Payments) -> Payment:
    """Show a payment."""
    payment = service.get_payment_by_id(payment_id)
    if payment is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"payment {payment_id} not found")
    return payment


@router.post("/{payment_id}/confirm", response_model=PaymentOut)
def confirm(payment_id: int, service: Payments) -> Payment:
    """Collect the money."""
    return service.confirm(payment_id)


@router.post("/{payment_id}/fail", response_model=PaymentOut)
def fail(payment_id: int, payload: Failure, service: Payments) -> Payment:
    """Note a failure."""
    return service.fail(payment_id, payload.reason)


@router.post("/{payment_id}/cancel", response_model=PaymentOut)
def cancel(payment_id: int, service: Payments) -> Payment:
    """Call a payment off."""
    return service.cancel(payment_id)


@router.post("/{payment_id}/sync")
def sync_status(payment_id: int, service: Payments) -> dict[str, bool]:
    """Ask the provider for news."""
    return {"changed": service.sync_status(payment_id)}


@router.get("/{payment_id}/refundable")
def refundable(payment_id: int, service: Payments) -> dict[str, Decimal]:
    """Say how much could go back."""
    return {"refundable": service.refundable_amount(payment_id)}


@router.get("/{payment_id}/refunds", response_model=list[RefundOut])
def list_refunds(payment_id: int, service: Payments) -> list[Refund]:
    """List refunds."""
    return service.list_refunds(payment_id)


@router.post("/{payment_id}/refund", response_model=RefundOut)
def refund_full(payment_id: int, payload: FullRefund, service: Payments) -> Refund:
    """Give all of the money back."""
    return service.refund_full(payment_id, payload.reason)


@router.post("/{payment_id}/refund-partial", response_model=RefundOut)
def refund_partial(payment_id: int, payload: PartialRefund, service: Payments) -> Refund:
    """Give a part of the money back."""
    return service.refund_partial(payment_id, payload.amount, payload.reason)
