"""Find the tasks that a text names, and the intention with which it names them."""
