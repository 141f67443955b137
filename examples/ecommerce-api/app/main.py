"""The application: routers, start-up, and how domain errors become answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from app.api.v1 import orders, payments, products, users
from app.core.database import create_tables
from app.core.errors import (
    AccountLocked,
    AuthenticationFailed,
    Conflict,
    NotFound,
    PaymentDeclined,
    PaymentProviderError,
    ShopError,
)

STATUS_CODES: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (AuthenticationFailed, 401),
    (AccountLocked, 423),
    (PaymentDeclined, 402),
    (PaymentProviderError, 502),
    (ShopError, 500),
    (PermissionError, 403),
    (ValueError, 422),
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create the tables when the server starts."""
    create_tables()
    yield


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Turn an error of the domain into an answer."""
    for kind, status_code in STATUS_CODES:
        if isinstance(error, kind):
            return JSONResponse({"detail": str(error)}, status_code=status_code)
    raise error


def create_app() -> FastAPI:
    """Put the application together."""
    application = FastAPI(title="Shop API", version="1.4.0", lifespan=lifespan)
    for router in (users.router, products.router, orders.router, payments.router):
        application.include_router(router, prefix="/api/v1")
    for kind in (ShopError, PermissionError, ValueError):
        application.add_exception_handler(kind, answer_error)
    return application


app = create_app()
