"""What RF2 rows mean: from checked rows to the columns of an ontology."""
