"""The training loop as named phases, its metrics, devices, checkpoints and what it does when numbers go wrong."""
