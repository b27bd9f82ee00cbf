"""The Expression Constraint Language: sets of concepts, described by hierarchy, attributes and refsets."""
