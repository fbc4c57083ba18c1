"""The writes of the mail app: ask for a mail, send what is due, send a failed one again."""

from carboncore.mail.services.delivering import mails_deliver, mails_forget
from carboncore.mail.services.sending import mail_send, mail_send_again, mails_address_erase, nobody_mailed

__all__ = ["mail_send", "mail_send_again", "mails_address_erase", "mails_deliver", "mails_forget", "nobody_mailed"]
