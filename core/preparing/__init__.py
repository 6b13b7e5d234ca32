"""Tables of changed data are made in a process of their own, while pages go on showing the state before."""
