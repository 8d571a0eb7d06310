"""What paints, behind one protocol."""
