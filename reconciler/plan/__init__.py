"""Pure planning: diff, order, guards, ledger, and the plan document. It is given readers, never writers."""
