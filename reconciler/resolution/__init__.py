"""What name servers say: found by delegation, asked directly, every one of a zone."""
