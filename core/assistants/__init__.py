"""Doors for assistants: tools that answer with an owner's rows and rights, and nothing an assistant could make up."""
