"""The settings as a tree of form fields, made from their model, with labels in both languages."""
