"""Accounts: registration, login, profile, and what the back office asks about customers."""

import enum
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import CursorResult, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.clock import as_utc, day_end, day_start
from app.core.errors import AccountLocked, AuthenticationFailed, DuplicateEmail, UserNotFound
from app.core.money import ZERO, round_money
from app.core.pagination import Page, paginate
from app.core.security import check_password_strength, hash_password, verify_password
from app.models.order import Order, OrderStatus
from app.models.user import User, UserRole

EMAIL_PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE_PATTERN = re.compile(r"\+?[0-9][0-9 ()/-]{4,30}")
MAX_FAILED_LOGINS = 5
LOCK_MINUTES = 15
NAME_LIMIT = 120


class UserSort(enum.StrEnum):
    """The ways to sort a list of users."""

    NAME = "name"
    EMAIL = "email"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True)
class UserStatistics:
    """How many accounts there are, and of which kind."""

    total: int
    active: int
    by_role: dict[UserRole, int]
    active_percent: Decimal | None


@dataclass(frozen=True)
class CustomerValue:
    """What a customer has bought so far."""

    order_count: int
    total_spent: Decimal
    average_order: Decimal | None
    tier: str


class UserService:
    """Everything that happens to accounts."""

    def __init__(self, db: Session) -> None:
        self.db = db

    # --- registration and lookup ---------------------------------------------------------

    def create_user(
        self,
        email: str,
        password: str,
        name: str,
        role: UserRole = UserRole.CUSTOMER,
        phone: str | None = None,
        region: str | None = None,
    ) -> User:
        """Register an account; the address must not be in use."""
        user = User(
            email=self._clean_email(email),
            name=self._clean_name(name),
            hashed_password=self._new_hash(password),
            role=role,
            is_active=True,
            phone=self._clean_phone(phone),
            region=self._clean_region(region),
            failed_logins=0,
        )
        self.db.add(user)
        self._commit_email(user.email)
        return user

    def get_user_by_id(self, user_id: int) -> User | None:
        """Return the user, or None when there is none or it was deleted."""
        user = self.db.get(User, user_id)
        if user is None or user.deleted_at is not None:
            return None
        return user

    def get_user_by_email(self, email: str) -> User | None:
        """Return the user with this address, or None."""
        wanted = email.strip().lower()
        if not wanted:
            return None
        statement = select(User).where(User.email == wanted, User.deleted_at.is_(None))
        return self.db.scalars(statement).first()

    # --- profile -------------------------------------------------------------------------

    def update_user(
        self,
        user_id: int,
        name: str | None = None,
        phone: str | None = None,
        region: str | None = None,
    ) -> User:
        """Change the given fields; an empty phone or region removes it."""
        user = self._require(user_id)
        changes: dict[str, str | None] = {}
        if name is not None:
            changes["name"] = self._clean_name(name)
        if phone is not None:
            changes["phone"] = self._clean_phone(phone)
        if region is not None:
            changes["region"] = self._clean_region(region)
        for field, value in changes.items():
            setattr(user, field, value)
        self.db.commit()
        return user

    def change_email(self, user_id: int, new_email: str) -> User:
        """Move the account to another address."""
        user = self._require(user_id)
        email = self._clean_email(new_email)
        if email == user.email:
            return user
        user.email = email
        self._commit_email(email)
        return user

    def change_role(self, user_id: int, role: UserRole, changed_by: int) -> User:
        """Give the user another role; only admins may, and never to themselves."""
        admin = self._require(changed_by)
        if admin.role is not UserRole.ADMIN or not admin.is_active:
            raise PermissionError("only active admins may change roles")
        if user_id == changed_by:
            raise ValueError("admins cannot change their own role")
        user = self._require(user_id)
        user.role = role
        self.db.commit()
        return user

    # --- passwords and login -------------------------------------------------------------

    def authenticate_user(self, email: str, password: str) -> User | None:
        """Return the user if the password is right; after five wrong ones the account is locked."""
        user = self.get_user_by_email(email)
        if user is None or not user.is_active:
            return None
        now = datetime.now(timezone.utc)
        if user.locked_until is not None and as_utc(user.locked_until) > now:
            raise AccountLocked(f"account {user.id} is locked")
        if not verify_password(password, user.hashed_password):
            self._count_failure(user, now)
            return None
        user.failed_logins = 0
        user.locked_until = None
        user.last_login_at = now
        self.db.commit()
        return user

    def change_password(self, user_id: int, old_password: str, new_password: str) -> None:
        """Set a new password, for those who know the old one."""
        user = self._require(user_id)
        if not verify_password(old_password, user.hashed_password):
            raise AuthenticationFailed("the old password is wrong")
        if old_password == new_password:
            raise ValueError("the new password must differ from the old one")
        user.hashed_password = self._new_hash(new_password)
        self.db.commit()

    def unlock_user(self, user_id: int) -> bool:
        """Forget the failed logins; say whether there was anything to forget."""
        user = self._require(user_id)
        if user.failed_logins == 0 and user.locked_until is None:
            return False
        user.failed_logins = 0
        user.locked_until = None
        self.db.commit()
        return True

    # --- leaving -------------------------------------------------------------------------

    def deactivate_user(self, user_id: int) -> User:
        """Stop the user from logging in; the last active admin has to stay."""
        user = self._require(user_id)
        self._keep_an_admin(user)
        user.is_active = False
        self.db.commit()
        return user

    def activate_user(self, user_id: int) -> User:
        """Let the user log in again."""
        user = self._require(user_id)
        if user.is_active:
            raise ValueError(f"user {user_id} is already active")
        user.is_active = True
        self.db.commit()
        return user

    def bulk_deactivate(self, user_ids: list[int], role: UserRole | None = None) -> int:
        """Deactivate many users at once, admins excepted, and return how many were changed."""
        if not user_ids:
            return 0
        statement = (
            update(User)
            .where(User.id.in_(user_ids), User.is_active.is_(True), User.role != UserRole.ADMIN)
            .values(is_active=False)
        )
        if role is not None:
            statement = statement.where(User.role == role)
        result = cast("CursorResult[Any]", self.db.execute(statement))
        self.db.commit()
        return result.rowcount

    def delete_user(self, user_id: int) -> None:
        """Delete the account softly: orders keep their customer, the address becomes free."""
        user = self._require(user_id)
        if self._open_orders(user_id):
            raise ValueError(f"user {user_id} has open orders")
        self._keep_an_admin(user)
        user.email = f"deleted-{user.id}"
        user.phone = None
        user.is_active = False
        user.deleted_at = datetime.now(timezone.utc)
        self.db.commit()

    # --- lists and numbers ---------------------------------------------------------------

    def list_users(
        self,
        page: int = 1,
        per_page: int = 20,
        role: UserRole | None = None,
        is_active: bool | None = None,
        sort: UserSort = UserSort.NAME,
    ) -> Page[User]:
        """Return one page of users."""
        statement = select(User).where(User.deleted_at.is_(None))
        if role is not None:
            statement = statement.where(User.role == role)
        if is_active is not None:
            statement = statement.where(User.is_active.is_(is_active))
        return paginate(self.db, statement.order_by(*self._ordering(sort)), page, per_page)

    def search_users(self, text: str, limit: int = 20) -> list[User]:
        """Find users by a part of their name or address; fewer than two characters find nobody."""
        if not 1 <= limit <= 100:
            raise ValueError("limit must be between 1 and 100")
        wanted = text.strip()
        if len(wanted) < 2:
            return []
        statement = (
            select(User)
            .where(User.deleted_at.is_(None))
            .where(
                or_(
                    User.name.icontains(wanted, autoescape=True),
                    User.email.icontains(wanted, autoescape=True),
                )
            )
            .order_by(User.name, User.id)
            .limit(limit)
        )
        return list(self.db.scalars(statement).all())

    def users_registered_between(self, start: date, end: date) -> list[User]:
        """Return who registered in a span of days, both included."""
        first, last = day_start(start), day_end(end)
        if first > last:
            raise ValueError("start must not be after end")
        statement = select(User).where(
            User.deleted_at.is_(None), User.created_at.between(first, last)
        )
        return list(self.db.scalars(statement.order_by(User.created_at, User.id)).all())

    def statistics(self) -> UserStatistics:
        """Count the accounts that were not deleted."""
        statement = (
            select(User.role, User.is_active, func.count())
            .where(User.deleted_at.is_(None))
            .group_by(User.role, User.is_active)
        )
        by_role = dict.fromkeys(UserRole, 0)
        active = 0
        for role, is_active, count in self.db.execute(statement).all():
            by_role[role] += count
            if is_active:
                active += count
        total = sum(by_role.values())
        percent = round_money(Decimal(active * 100) / total) if total else None
        return UserStatistics(total, active, by_role, percent)

    def customer_value(self, user_id: int) -> CustomerValue:
        """Sum up the orders of a customer; cancelled and returned ones do not count."""
        self._require(user_id)
        totals = self.db.scalars(
            select(Order.total).where(
                Order.user_id == user_id,
                Order.status.not_in([OrderStatus.CANCELLED, OrderStatus.RETURNED]),
            )
        ).all()
        spent = round_money(sum(totals, ZERO))
        average = round_money(spent / len(totals)) if totals else None
        return CustomerValue(len(totals), spent, average, self._tier(spent))

    # --- details -------------------------------------------------------------------------

    def _require(self, user_id: int) -> User:
        user = self.get_user_by_id(user_id)
        if user is None:
            raise UserNotFound(user_id)
        return user

    def _commit_email(self, email: str) -> None:
        try:
            self.db.commit()
        except IntegrityError:
            self.db.rollback()
            raise DuplicateEmail(email) from None

    def _count_failure(self, user: User, now: datetime) -> None:
        user.failed_logins += 1
        if user.failed_logins >= MAX_FAILED_LOGINS:
            user.failed_logins = 0
            user.locked_until = now + timedelta(minutes=LOCK_MINUTES)
        self.db.commit()

    def _keep_an_admin(self, user: User) -> None:
        if user.role is not UserRole.ADMIN:
            return
        others = select(func.count(User.id)).where(
            User.id != user.id, User.role == UserRole.ADMIN, User.is_active.is_(True)
        )
        if not self.db.scalar(others):
            raise ValueError("the last active admin has to stay")

    def _open_orders(self, user_id: int) -> int:
        statement = select(func.count(Order.id)).where(
            Order.user_id == user_id,
            Order.status.in_([OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.SHIPPED]),
        )
        return self.db.scalar(statement) or 0

    def _new_hash(self, password: str) -> str:
        check_password_strength(password)
        return hash_password(password)

    @staticmethod
    def _clean_email(email: str) -> str:
        cleaned = email.strip().lower()
        if not cleaned:
            raise ValueError("email is required")
        if len(cleaned) > 254 or not EMAIL_PATTERN.fullmatch(cleaned):
            raise ValueError(f"email {cleaned!r} is not valid")
        return cleaned

    @staticmethod
    def _clean_name(name: str) -> str:
        cleaned = " ".join(name.split())
        if not cleaned:
            raise ValueError("name is required")
        if len(cleaned) > NAME_LIMIT:
            raise ValueError(f"name must not be longer than {NAME_LIMIT} characters")
        return cleaned

    @staticmethod
    def _clean_phone(phone: str | None) -> str | None:
        if phone is None or not phone.strip():
            return None
        if not PHONE_PATTERN.fullmatch(phone.strip()):
            raise ValueError("phone number is not valid")
        return phone.strip()

    @staticmethod
    def _clean_region(region: str | None) -> str | None:
        if region is None or not region.strip():
            return None
        return region.strip().upper()

    @staticmethod
    def _tier(spent: Decimal) -> str:
        if spent >= 1000:
            return "gold"
        if spent >= 250:
            return "silver"
        return "standard"

    @staticmethod
    def _ordering(sort: UserSort) -> tuple[Any, ...]:
        if sort is UserSort.EMAIL:
            return (User.email,)
        if sort is UserSort.NEWEST:
            return (User.created_at.desc(), User.id.desc())
        if sort is UserSort.OLDEST:
            return (User.created_at, User.id)
        return (User.name, User.id)
