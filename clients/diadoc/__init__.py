"""Kontur Diadoc: its HTTP API by one client, who we are to it, and its answers in our words."""
