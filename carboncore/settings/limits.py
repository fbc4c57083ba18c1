"""How much one caller may ask of this server, and whom to believe about who the caller is."""

from carboncore.environment import networks

# Proxies whose X-Forwarded-For is believed. Empty: nobody's, and the peer is the client.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
