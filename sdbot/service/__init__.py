"""From a request to a delivered picture. It knows no Discord and no TensorFlow."""
