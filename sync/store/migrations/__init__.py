"""Migrations, one after another: never edit one that was released, add the next."""
