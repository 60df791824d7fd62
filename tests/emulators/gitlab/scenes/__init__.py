"""The scenes of the story, one file a subject; `story.tell` plays them in order."""
