"""From what a person wrote to token ids."""
