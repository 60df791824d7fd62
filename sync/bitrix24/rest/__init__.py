"""Bitrix24's REST: client, batches, limits, tokens, errors."""
