"""What a person does to a state as a whole: rename, forget, copy, check, move to another place, seal with another key.

Every change is a run like any other, under lock and fence, so the history tells it. Read in this order: `rewriting`
(the session they share), `editing`, `transfer`, `verifying`, `rekeying`, `migrating`.
"""
