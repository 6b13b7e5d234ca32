"""Engines that work out the large tables where they lie: databases, lakes, and what they are asked."""
