"""Packages and their documents: gathered while open, frozen when sending starts, followed after that."""

from registry.packages.following import Following
from registry.packages.gathering import DOCUMENTS_LIMIT, Gathering
from registry.packages.ids import custom_document_id, operation_id
from registry.packages.kept_files import KeptFiles
from registry.packages.sending import Sending

__all__ = ["DOCUMENTS_LIMIT", "Packages", "custom_document_id", "operation_id"]


class Packages(Gathering, Sending, Following, KeptFiles):
    """The packages of one portal; another portal's are as absent as ones that never were."""
