"""The pages that people look at, built as files: a pilot's, the operator's, that of quality."""
