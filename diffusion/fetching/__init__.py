"""Fetching weights that others offer: the one room of the core that uses the network."""

import os

# huggingface_hub reads it when it is imported, and would else ask what else runs on this machine.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
