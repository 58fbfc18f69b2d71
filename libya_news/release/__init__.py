"""What a version is: schema, rows, manifest, card, and how all of it is published at once."""
