"""The settings of a portal as plans read them."""
