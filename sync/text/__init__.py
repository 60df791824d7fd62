"""Text as a document tree, with a reader and a writer for each dialect. Pure."""
