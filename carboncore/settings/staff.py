"""Staff sign-in: the second factor, how long a session lasts, and when somebody has to show again who they are."""

from carboncore.environment import env

# Days that a staff member may work without a second factor, from the account's making; 0: must set one up at once.
STAFF_SECOND_FACTOR_GRACE: int = env.int("STAFF_SECOND_FACTOR_GRACE", default=7)
# Hours that a session of the staff admin lasts at most, and minutes without a page after which it is over.
STAFF_SESSION_HOURS: int = env.int("STAFF_SESSION_HOURS", default=12)
STAFF_IDLE_MINUTES: int = env.int("STAFF_IDLE_MINUTES", default=30)
# Minutes for which a password or factor opens refunds, reversals, rights and factors.
REAUTHENTICATION_MINUTES: int = env.int("REAUTHENTICATION_MINUTES", default=10)

# allauth keeps the factors; none of its pages and none of its sign-in is used (docs/adr/0014-staff-sign-in.md).
MFA_ADAPTER = "accounts.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "CarbonCore"
MFA_TOTP_TOLERANCE = 1
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
