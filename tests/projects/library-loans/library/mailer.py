"""Mail to members."""

import re
import smtplib
from email.message import EmailMessage

from library.settings import Settings

# stricter than the standard: the header parser of older Pythons stumbles over odd addresses
ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


class MailError(Exception):
    """A mail could not be handed to the server."""


class SmtpMailer:
    """Sends mail through the library's server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def send(self, recipient: str, subject: str, text: str) -> None:
        """Send one mail."""
        if not ADDRESS.fullmatch(recipient):
            raise ValueError(f"{recipient!r} is not an address")
        message = EmailMessage()
        message["From"] = self.settings.sender
        message["To"] = recipient
        message["Subject"] = " ".join(subject.split())
        message.set_content(text)
        try:
            with smtplib.SMTP(
                self.settings.smtp_host, self.settings.smtp_port, timeout=10
            ) as server:
                server.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(f"mail to {recipient} was not sent") from error
