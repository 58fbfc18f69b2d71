"""What describes a text among others: pure functions, no I/O."""
