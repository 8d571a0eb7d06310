"""A Discord bot that paints."""
