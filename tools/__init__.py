"""Scripts for those who build b24bridge; nothing here is installed."""
