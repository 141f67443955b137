"""What can go wrong in the shop, in words the API can pass on."""


class ShopError(Exception):
    """The base of all errors of the domain."""


class NotFound(ShopError):
    """Something that was asked for does not exist."""

    kind = "object"

    def __init__(self, key: int | str) -> None:
        super().__init__(f"{self.kind} {key} not found")
        self.key = key


class UserNotFound(NotFound):
    """No such user."""

    kind = "user"


class ProductNotFound(NotFound):
    """No such product, or it is no longer sold."""

    kind = "product"


class OrderNotFound(NotFound):
    """No such order."""

    kind = "order"


class CouponNotFound(NotFound):
    """No such coupon."""

    kind = "coupon"


class PaymentNotFound(NotFound):
    """No such payment."""

    kind = "payment"


class Conflict(ShopError):
    """The request does not fit the state things are in."""


class DuplicateEmail(Conflict):
    """The address belongs to another account."""

    def __init__(self, email: str) -> None:
        super().__init__(f"email {email} is already registered")
        self.email = email


class DuplicateSku(Conflict):
    """The SKU belongs to another product."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"sku {sku} already exists")
        self.sku = sku


class InsufficientStock(Conflict):
    """There is less on the shelf than was asked for."""

    def __init__(self, product_id: int, wanted: int, available: int) -> None:
        super().__init__(f"product {product_id}: wanted {wanted}, only {available} in stock")
        self.product_id = product_id
        self.wanted = wanted
        self.available = available


class InvalidTransition(Conflict):
    """An order or a payment cannot go from its state to the wanted one."""

    def __init__(self, current: str, wanted: str) -> None:
        super().__init__(f"cannot change status from {current} to {wanted}")
        self.current = current
        self.wanted = wanted


class OrderNotEditable(Conflict):
    """Only pending orders can be changed."""


class InvalidCoupon(Conflict):
    """The coupon exists but cannot be used for this order."""


class DuplicatePayment(Conflict):
    """The order already has a payment that is not finished."""


class RefundNotAllowed(Conflict):
    """The payment is in no state to be refunded."""


class AuthenticationFailed(ShopError):
    """The password is wrong."""


class AccountLocked(ShopError):
    """Too many wrong passwords."""


class PaymentDeclined(ShopError):
    """The customer's card was refused."""


class PaymentProviderError(ShopError):
    """The payment provider could not be reached or did not understand us."""


class PaymentConfigurationError(ShopError):
    """The payment provider is not set up."""
