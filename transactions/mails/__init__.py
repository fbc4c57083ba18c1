"""What the mails about purchases, retirements and offers say, looked up when they are sent."""

from transactions.mails import offers, purchases, retirements

__all__ = ["offers", "purchases", "retirements"]
