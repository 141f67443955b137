"""Each remedy on a small project that really needs it: what is said, what is written, and that it passes."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import CommandLine, Ended, Suite, hashes, new_or_changed, write_files
from conftest import DATABASE, RUNNER
from environments import environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PYPROJECT = """
    [project]
    name = "trial"
    version = "1.0"
    """
BASE = """
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase):
        pass
    """


class Trial:
    """A small project, the run on it, and its suite, run afterwards by the project's own interpreter."""

    def __init__(self, proctor: CommandLine, folder: Path) -> None:
        self._proctor = proctor
        self.root = folder / "trial"
        self._work = folder / "work"

    def run(self, files: Mapping[str, str], prompt: str, requirements: str) -> Ended:
        write_files(self.root, {"pyproject.toml": PYPROJECT, "shop/__init__.py": "", **files})
        (self.root / ".venv").symlink_to(environment(requirements), target_is_directory=True)
        before = hashes(self.root)
        ended = self._proctor("run", self.root, prompt, "--yes", "--fresh")
        self.new = new_or_changed(before, hashes(self.root))
        assert {path for path in self.new & before.keys() if path != "pyproject.toml"} == set()
        assert "Traceback" not in ended.err + ended.out
        assert self._proctor.scratch_copies == []
        return ended

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def suite_offline(self) -> Ended:
        self._work.mkdir(exist_ok=True)
        return Suite(self.root, self._work).shuffled_offline(3)


@pytest.fixture
def trial(proctor: CommandLine, tmp_path: Path) -> Trial:
    return Trial(proctor, tmp_path)


def one_line(text: str) -> str:
    """The summary wraps what is long."""
    return " ".join(text.split())


COUPONS = {
    "shop/base.py": BASE,
    "shop/coupons.py": '''
        from sqlalchemy import String, select
        from sqlalchemy.exc import IntegrityError, NoResultFound
        from sqlalchemy.orm import Mapped, Session, mapped_column

        from shop.base import Base


        class Coupon(Base):
            __tablename__ = "coupon"

            id: Mapped[int] = mapped_column(primary_key=True)
            code: Mapped[str] = mapped_column(String(20), unique=True)


        class CouponError(Exception):
            """A coupon that is taken, or is not there."""


        def add_coupon(session: Session, code: str) -> Coupon:
            """Store a coupon under its code."""
            coupon = Coupon(code=code)
            session.add(coupon)
            try:
                session.commit()
            except IntegrityError:
                session.rollback()
                raise CouponError(f"{code} is taken") from None
            return coupon


        def coupon_of(session: Session, code: str) -> Coupon:
            """The coupon with a code."""
            try:
                return session.scalars(select(Coupon).where(Coupon.code == code)).one()
            except NoResultFound:
                raise CouponError(f"{code} is not known") from None
        ''',
}
COUPONS_PROMPT = "Write unit tests with mocks and integration tests for shop/coupons.py."


def test_a_mock_that_does_not_raise_is_made_to_raise(trial):
    ended = trial.run(COUPONS, COUPONS_PROMPT, DATABASE)
    written = trial.read("tests/test_coupons.py")

    assert ended.code == 0, ended.err + ended.out
    assert "Diagnosed: coupon_of: the mock was not configured to raise" in ended.err
    assert "scalars.return_value.one.side_effect = NoResultFound(" in written
    assert "commit.side_effect = IntegrityError(" in written
    suite = trial.suite_offline()
    assert suite.code == 0, suite.out


def test_a_duplicate_is_refused_by_the_real_database_too(trial):
    trial.run(COUPONS, COUPONS_PROMPT, DATABASE)
    integration = trial.read("tests/test_coupons.py").partition("class TestAddCouponIntegration:")[2]

    assert "is taken" in integration.partition("\nclass ")[0]


def test_calls_to_the_outside_are_replaced_and_needed_variables_set(trial):
    files = {
        "shop/outside.py": '''
            import os
            import smtplib
            import urllib.request


            def rate(currency: str) -> str:
                """What the bank says of a currency."""
                if len(currency) != 3:
                    raise ValueError("a currency has three letters")
                key = os.environ["BANK_KEY"]
                answer = urllib.request.urlopen(f"https://bank.invalid/{currency}?key={key}", timeout=5)
                return f"{currency}: {answer.status}"


            def tell(recipient: str, text: str) -> bool:
                """Send a mail; say whether there was anything to send."""
                if not text:
                    return False
                server = smtplib.SMTP("mail.invalid", 25, timeout=5)
                server.sendmail("shop@example.org", [recipient], text)
                server.quit()
                return True
            ''',
    }
    ended = trial.run(files, "Write unit tests for shop/outside.py, at least 70 % branch coverage.", RUNNER)
    written = trial.read("tests/test_outside.py")

    assert ended.code == 0, ended.err + ended.out
    assert "tried to leave the sandbox by smtplib.SMTP; the call is replaced and its credentials are fake" in ended.err
    assert "tried to leave the sandbox by urllib.request.urlopen" in ended.err
    assert 'monkeypatch.setenv("BANK_KEY", "test-bank-key")' in written
    suite = trial.suite_offline()
    assert suite.code == 0, suite.out


def test_a_call_to_the_outside_in_a_with_statement_is_replaced(trial):
    files = {
        "shop/mail.py": '''
            import smtplib


            def tell(recipient: str, text: str) -> bool:
                """Send a mail; say whether there was anything to send."""
                if not text:
                    return False
                with smtplib.SMTP("mail.invalid", 25, timeout=5) as server:
                    server.sendmail("shop@example.org", [recipient], text)
                return True
            ''',
    }
    ended = trial.run(files, "Write unit tests for shop/mail.py, at least 90 % branch coverage.", RUNNER)

    assert ended.code == 0, ended.err + ended.out
    assert "sendmail" in trial.read("tests/test_mail.py")


def test_models_that_a_key_needs_are_imported_before_the_tables_are_made(trial):
    files = {
        "shop/base.py": BASE,
        "shop/customers.py": """
            from sqlalchemy import String
            from sqlalchemy.orm import Mapped, mapped_column

            from shop.base import Base


            class Customer(Base):
                __tablename__ = "customer"

                id: Mapped[int] = mapped_column(primary_key=True)
                name: Mapped[str] = mapped_column(String(50))
            """,
        "shop/invoices.py": '''
            from sqlalchemy import ForeignKey, func, select
            from sqlalchemy.orm import Mapped, Session, mapped_column

            from shop.base import Base


            class Invoice(Base):
                __tablename__ = "invoice"

                id: Mapped[int] = mapped_column(primary_key=True)
                customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
                cents: Mapped[int] = mapped_column(default=0)


            def owed(session: Session, customer_id: int) -> int:
                """What a customer owes in all."""
                query = select(func.sum(Invoice.cents)).where(Invoice.customer_id == customer_id)
                total = session.scalar(query)
                if total is None:
                    return 0
                return total
            ''',
    }
    ended = trial.run(files, "Write integration tests for shop/invoices.py, at least 80 % branch coverage.", DATABASE)
    conftest = trial.read("tests/conftest.py")

    assert ended.code == 0, ended.err + ended.out
    assert "Diagnosed: shop/invoices.py: the tables could not be created" in ended.err
    assert "all modules that define models are imported before create_all" in one_line(ended.out)
    assert "shop.customers" in conftest
    suite = trial.suite_offline()
    assert suite.code == 0, suite.out


def test_packages_that_do_not_work_together_are_replaced_beside_the_environment(trial):
    files = {
        "shop/secrets.py": '''
            from passlib.context import CryptContext

            context = CryptContext(schemes=["bcrypt"], bcrypt__rounds=4)


            def hashed(password: str) -> str:
                """The password as it is stored."""
                if not password:
                    raise ValueError("the password is empty")
                return context.hash(password)


            def fits(password: str, stored: str) -> bool:
                """Whether the password is the stored one."""
                return context.verify(password, stored)
            ''',
    }
    requirements = f"{RUNNER}passlib==1.7.4\nbcrypt==5.0.0\n"
    packages = sorted(path.name for path in (environment(requirements) / "lib").glob("*/site-packages/*"))
    ended = trial.run(files, "Write unit tests for shop/secrets.py, at least 50 % branch coverage.", requirements)

    assert ended.code == 0, ended.err + ended.out
    assert "Diagnosed: shop/secrets.py: passlib 1.7 does not work with this version of bcrypt" in ended.err
    assert "bcrypt<4.1" in ended.out.partition("Add to the project's requirements:")[2].partition("\n\n")[0]
    assert "hashed" in trial.read("tests/test_secrets.py")
    assert sorted(path.name for path in (environment(requirements) / "lib").glob("*/site-packages/*")) == packages


def test_a_source_bug_becomes_a_strict_xfail_and_an_entry_never_a_change(trial):
    files = {
        "shop/labels.py": '''
            """Labels for parcels."""


            def label(name: str | None, city: str) -> str:
                """Two lines for a parcel; a parcel without a name is for everybody there."""
                if not city:
                    raise ValueError("a parcel goes to a city")
                return name.strip().upper() + "\\n" + city
            ''',
        "shop/counter.py": '''
            """What is done at the counter."""

            from shop.labels import label


            def hand_in(city: str, name: str | None = None) -> str:
                """Take a parcel in."""
                return label(name, city)
            ''',
    }
    ended = trial.run(files, "Write unit tests for shop/labels.py, and report bugs.", RUNNER)
    bugs = json.loads(trial.read(".proctor/bugs.json"))["bugs"]
    written = trial.read("tests/test_labels.py")

    assert ended.code == 0, ended.err + ended.out
    assert [(bug["path"], bug["function"]) for bug in bugs] == [("shop/labels.py", "label")]
    assert bugs[0]["evidence"]
    assert "`label()`" in trial.read(".proctor/bugs_found.md")
    assert written.count("pytest.mark.xfail(") == 1
    assert "strict=True" in written
    suite = trial.suite_offline()
    assert suite.code == 0, suite.out
    assert "1 xfailed" in suite.out
