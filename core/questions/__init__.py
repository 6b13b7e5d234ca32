"""Questions in words: which answer one asks for, of what part of the company and when, and the answer itself."""
