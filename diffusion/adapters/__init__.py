"""What changes a model without being one: LoRAs, and words of its own."""
