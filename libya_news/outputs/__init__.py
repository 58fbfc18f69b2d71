"""Where releases are written to: one module per file format or target."""
