"""Several companies on one installation, each in processes, folders and a database of its own."""
