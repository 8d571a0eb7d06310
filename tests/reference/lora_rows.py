"""Which LoRAs the reference has in the small model, shared by the script and by the tests."""

NETWORKS = "odd"
"""The small text encoder and UNet of `small.py`."""

# Each case: files under loras/ with their weights.
CASES = {
    "diffusers": {"diffusers": 1.0},
    "kohya": {"kohya": 0.7},
    "negative": {"diffusers": -0.5},
    "locon": {"locon": 0.8},
    "tucker": {"tucker": 1.5},
    "two": {"diffusers": 0.6, "locon": -0.3},
}
