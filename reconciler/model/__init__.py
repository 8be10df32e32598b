"""Pure values: what the other rooms of the house talk about. Nothing here reads a file or a socket."""
