"""The command line, a group a file; app.py puts them together."""
