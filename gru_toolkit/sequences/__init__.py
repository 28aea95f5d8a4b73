"""Files to sequences to arrays, with NumPy and DuckDB; no Keras here."""
