"""The web pages of the sandbox: what a person sees of his box and what he can press."""
