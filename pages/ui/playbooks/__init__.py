"""What the Playbooks page alone has."""
