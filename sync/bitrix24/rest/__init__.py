"""Bitrix24's REST API: client, batches, limits, tokens, errors."""
