"""What a company uses of its limits, and the sentences of what is full."""
