"""The reporter: what runs inside a CI job. Standard library only, Python 3.9 and newer."""
