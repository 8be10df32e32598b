"""The places that state can be kept in, each an implementation of `reconciler.state.backend`.

`local` is the one to read first. `register` is not a place but what two of them share: one small head under
compare-and-swap, and parts that are written once.
"""
