"""Slash commands and the commands in menus, one file for each family."""
