"""Password hashing."""

from passlib.context import CryptContext

MIN_LENGTH = 8
# bcrypt ignores everything after byte 72; better to refuse than to pretend
MAX_BYTES = 72

pwd_context = CryptContext(schemes=["bcrypt"], deprecated="auto", bcrypt__rounds=10)


def check_password_strength(password: str) -> None:
    """Refuse passwords that are too short, too long, or made of letters or digits only."""
    if "\x00" in password:
        raise ValueError("password must not contain NUL characters")
    if len(password) < MIN_LENGTH:
        raise ValueError(f"password must have at least {MIN_LENGTH} characters")
    if len(password.encode()) > MAX_BYTES:
        raise ValueError(f"password must not be longer than {MAX_BYTES} bytes")
    if password.isalpha() or password.isdigit():
        raise ValueError("password must mix letters with digits or other characters")


def hash_password(password: str) -> str:
    """Return the bcrypt hash of a password."""
    return str(pwd_context.hash(password))


def verify_password(password: str, hashed: str) -> bool:
    """Say whether the password belongs to the hash."""
    try:
        return bool(pwd_context.verify(password, hashed))
    except ValueError:
        # a damaged hash or a password that bcrypt cannot take: nobody gets in
        return False
