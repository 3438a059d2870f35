"""Ids that we give packages and papers inside Diadoc: the same however often they are computed."""

import uuid

from registry.tables import Package

NAMESPACE = uuid.UUID("6f0d4f0e-2c0a-5d53-9a36-b24ed0000001")


def operation_id(package: Package, step: str) -> str:
    """Diadoc's operationId of one step of one attempt: the same however often it is computed."""
    return str(uuid.uuid5(NAMESPACE, f"{package.id}/{package.attempt}/{step}"))


def custom_document_id(package: Package, document_id: int) -> str:
    """Our own id of a paper inside Diadoc, derived so that a paper in doubt can be looked up there."""
    return str(uuid.uuid5(NAMESPACE, f"{package.id}/{package.attempt}/document/{document_id}"))
