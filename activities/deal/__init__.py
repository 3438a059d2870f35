"""What a person sees of a CRM item's documents: read only, from the portal, from Diadoc and from our registry."""
