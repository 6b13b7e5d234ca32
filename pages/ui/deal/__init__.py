"""What the deal and the account page alone have."""
