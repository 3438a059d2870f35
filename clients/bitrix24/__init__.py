"""Bitrix24: a portal's REST methods, its auth servers, and what it posts to us."""
