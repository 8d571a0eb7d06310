"""Reading models in the forms that people have."""
