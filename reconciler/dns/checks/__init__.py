"""The checks: what makes mail fail in DNS, a check a rule, a module a subject."""
