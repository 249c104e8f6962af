"""CSV and Parquet files as tables: small ones are read into memory, large ones streamed from a store on disk."""
