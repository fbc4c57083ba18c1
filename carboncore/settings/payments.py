"""How purchases are paid: by card through Stripe when a key is given, else by invoice; and how long credits wait."""

from carboncore.environment import env

STRIPE_SECRET_KEY: str = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET: str = env.str("STRIPE_WEBHOOK_SECRET", default="")
# Another address than Stripe's own, for tests against a local double.
STRIPE_API_BASE: str = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
# Seconds that one call to Stripe may take before it counts as lost.
STRIPE_TIMEOUT: int = env.int("STRIPE_TIMEOUT", default=20)

PAYMENT_MODE: str = "stripe" if STRIPE_SECRET_KEY else "invoice"
# Minutes for which credits are kept for a buyer who pays by card.
RESERVATION_MINUTES: int = env.int("RESERVATION_MINUTES", default=30)
# Days for which they are kept for one who pays an invoice.
INVOICE_RESERVATION_DAYS: int = env.int("INVOICE_RESERVATION_DAYS", default=14)
# What the mail about a purchase by invoice says about paying it: bank, account, whom to ask. A line break is \n.
INVOICE_INSTRUCTIONS: str = env.str("INVOICE_INSTRUCTIONS", default="", multiline=True)
# How many unpaid purchases one guest's e-mail may have at a time: a reservation costs nothing, so it must not be free
# without end.
GUEST_OPEN_PURCHASES: int = env.int("GUEST_OPEN_PURCHASES", default=5)
