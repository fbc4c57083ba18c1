"""What the mails about purchases, retirements, offers and approvals say, looked up when they are sent."""

from transactions.mails import approvals, offers, purchases, retirements

__all__ = ["approvals", "offers", "purchases", "retirements"]
