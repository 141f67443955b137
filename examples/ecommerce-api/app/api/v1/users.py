"""Routes for accounts."""

from datetime import date, datetime
from decimal import Decimal

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict

from app.api.deps import PageNumber, PageSize, Users
from app.models.user import User, UserRole
from app.services.user_service import CustomerValue, UserSort, UserStatistics

router = APIRouter(prefix="/users", tags=["users"])


class UserCreate(BaseModel):
    """What is needed to register."""

    email: str
    password: str
    name: str
    phone: str | None = None
    region: str | None = None


class UserUpdate(BaseModel):
    """What can be changed about an account."""

    name: str | None = None
    phone: str | None = None
    region: str | None = None


class RoleChange(BaseModel):
    """Another role for an account."""

    role: UserRole
    changed_by: int


class EmailChange(BaseModel):
    """Another address for an account."""

    email: str


class PasswordChange(BaseModel):
    """The old and the new password."""

    old_password: str
    new_password: str


class Login(BaseModel):
    """Who wants in."""

    email: str
    password: str


class BulkDeactivation(BaseModel):
    """Many accounts at once."""

    user_ids: list[int]
    role: UserRole | None = None


class UserOut(BaseModel):
    """An account as the API shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str
    role: UserRole
    is_active: bool
    phone: str | None
    region: str | None
    created_at: datetime
    last_login_at: datetime | None


class UserPage(BaseModel):
    """One page of accounts."""

    model_config = ConfigDict(from_attributes=True)

    items: list[UserOut]
    total: int
    page: int
    pages: int


class CustomerValueOut(BaseModel):
    """What a customer has bought."""

    model_config = ConfigDict(from_attributes=True)

    order_count: int
    total_spent: Decimal
    average_order: Decimal | None
    tier: str


@router.post("", response_model=UserOut, status_code=status.HTTP_201_CREATED)
def register(payload: UserCreate, service: Users) -> User:
    """Register an account."""
    return service.create_user(
        email=payload.email,
        password=payload.password,
        name=payload.name,
        phone=payload.phone,
        region=payload.region,
    )


@router.post("/login", response_model=UserOut)
def login(payload: Login, service: Users) -> User:
    """Check address and password."""
    user = service.authenticate_user(payload.email, payload.password)
    if user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "wrong email or password")
    return user


@router.get("", response_model=UserPage)
def list_users(
    service: Users,
    page: PageNumber = 1,
    per_page: PageSize = 20,
    role: UserRole | None = None,
    is_active: bool | None = None,
    sort: UserSort = UserSort.NAME,
) -> object:
    """List accounts."""
    return service.list_users(page, per_page, role=role, is_active=is_active, sort=sort)


@router.get("/search", response_model=list[UserOut])
def search_users(service: Users, text: str = "", limit: PageSize = 20) -> list[User]:
    """Find accounts by name or address."""
    return service.search_users(text, limit)


@router.get("/registered", response_model=list[UserOut])
def registered_between(service: Users, start: date, end: date) -> list[User]:
    """List who registered in a span of days."""
    return service.users_registered_between(start, end)


@router.get("/statistics")
def statistics(service: Users) -> UserStatistics:
    """Count accounts."""
    return service.statistics()


@router.post("/bulk-deactivate")
def bulk_deactivate(payload: BulkDeactivation, service: Users) -> dict[str, int]:
    """Deactivate many accounts."""
    return {"deactivated": service.bulk_deactivate(payload.user_ids, payload.role)}


@router.get("/{user_id}", response_model=UserOut)
def read_user(user_id: int, service: Users) -> User:
    """Show an account."""
    user = service.get_user_by_id(user_id)
    if user is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"user {user_id} not found")
    return user


@router.patch("/{user_id}", response_model=UserOut)
def update_user(user_id: int, payload: UserUpdate, service: Users) -> User:
    """Change an account."""
    return service.update_user(
        user_id, name=payload.name, phone=payload.phone, region=payload.region
    )


@router.put("/{user_id}/email", response_model=UserOut)
def change_email(user_id: int, payload: EmailChange, service: Users) -> User:
    """Change the address of an account."""
    return service.change_email(user_id, payload.email)


@router.put("/{user_id}/role", response_model=UserOut)
def change_role(user_id: int, payload: RoleChange, service: Users) -> User:
    """Change the role of an account."""
    return service.change_role(user_id, payload.role, payload.changed_by)


@router.put("/{user_id}/password", status_code=status.HTTP_204_NO_CONTENT)
def change_password(user_id: int, payload: PasswordChange, service: Users) -> None:
    """Change the password of an account."""
    service.change_password(user_id, payload.old_password, payload.new_password)


@router.post("/{user_id}/unlock")
def unlock(user_id: int, service: Users) -> dict[str, bool]:
    """Forget failed logins."""
    return {"changed": service.unlock_user(user_id)}


@router.post("/{user_id}/deactivate", response_model=UserOut)
def deactivate(user_id: int, service: Users) -> User:
    """Deactivate an account."""
    return service.deactivate_user(user_id)


@router.post("/{user_id}/activate", response_model=UserOut)
def activate(user_id: int, service: Users) -> User:
    """Activate an account."""
    return service.activate_user(user_id)


@router.get("/{user_id}/value", response_model=CustomerValueOut)
def customer_value(user_id: int, service: Users) -> CustomerValue:
    """Show what a customer has bought."""
    return service.customer_value(user_id)


@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
def delete_user(user_id: int, service: Users) -> None:
    """Delete an account."""
    service.delete_user(user_id)
