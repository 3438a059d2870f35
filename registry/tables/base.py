"""The base of all tables: which column a Python type becomes, and the columns that many tables have."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    type_annotation_map = {
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def own_id() -> Mapped[int]:
    return mapped_column(BigInteger, Identity(always=False), primary_key=True)


def set_now() -> Mapped[datetime]:
    return mapped_column(server_default=func.now())


def of_portal() -> Mapped[int]:
    return mapped_column(ForeignKey("portal.id"), index=True)
