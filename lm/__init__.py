"""Language models: text in, token ids out."""
