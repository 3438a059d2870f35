"""The demonstration: people, a portal, Diadoc and the product, each in a process of its own."""
