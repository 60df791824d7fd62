"""Debian's Chromium, for the tests of the pages."""

from __future__ import annotations

# Nothing that asks the network: a test machine may have none.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
