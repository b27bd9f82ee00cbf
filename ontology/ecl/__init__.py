"""Expression Constraint Language: questions about concepts."""
