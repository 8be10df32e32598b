"""The command line: one command a file, loaded when it is called. It composes the other rooms and decides nothing."""
