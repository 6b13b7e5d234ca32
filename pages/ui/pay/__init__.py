"""What the page on plans and pay alone has."""
