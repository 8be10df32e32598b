"""Apply: carry out a plan's list of operations, as it stands. Nothing here compares desired with actual.

Reading order: `context`, `execute`, `schedule`, `lane`, `batch`, `settle`, `steps`, `recover`.
"""
