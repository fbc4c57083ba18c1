"""The public HTML pages of the ledger: a certificate, and the proof."""
