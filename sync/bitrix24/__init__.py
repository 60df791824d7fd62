"""The Bitrix24 room: parse events, call REST within its limits, map tasks and people."""
