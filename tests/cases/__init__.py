"""Cases that more than one reader of the same situations has to answer alike."""
