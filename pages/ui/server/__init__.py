"""What the server does around pages: asked for early, warmed up, kept off the moves of a slider."""
