"""What the routes share: sessions, services, and the shape of pages."""

from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy.orm import Session

from app.core.database import get_db
from app.services.order_service import OrderService
from app.services.payment_service import PaymentService
from app.services.product_service import ProductService
from app.services.user_service import UserService

DbSession = Annotated[Session, Depends(get_db)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]
PageSize = Annotated[int, Query(ge=1, le=100)]


def get_user_service(db: DbSession) -> UserService:
    """Provide the user service."""
    return UserService(db)


def get_product_service(db: DbSession) -> ProductService:
    """Provide the product service."""
    return ProductService(db)


def get_order_service(db: DbSession) -> OrderService:
    """Provide the order service."""
    return OrderService(db)


def get_payment_service(db: DbSession) -> PaymentService:
    """Provide the payment service."""
    return PaymentService(db, OrderService(db))


Users = Annotated[UserService, Depends(get_user_service)]
Products = Annotated[ProductService, Depends(get_product_service)]
Orders = Annotated[OrderService, Depends(get_order_service)]
Payments = Annotated[PaymentService, Depends(get_payment_service)]
