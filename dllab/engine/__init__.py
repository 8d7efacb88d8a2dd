"""The process that computes, and the frames it exchanges with the window."""
