"""The main job on the embedded database, against emulated portals: `make demo`."""
