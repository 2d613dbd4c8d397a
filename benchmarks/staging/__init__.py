"""Parts of the benchmark of ingest and staging: packed text, scripts of others, the page."""
