"""Bitrix24's REST methods, one method here for one there, under the vendor's names."""

from clients.bitrix24.application import ApplicationMethods
from clients.bitrix24.automation import AutomationMethods
from clients.bitrix24.batch import BatchMethods
from clients.bitrix24.bizproc import BizprocMethods
from clients.bitrix24.crm import CrmMethods
from clients.bitrix24.disk import DiskMethods
from clients.bitrix24.lists import ListMethods
from clients.bitrix24.people import PeopleMethods
from clients.bitrix24.smart_types import SmartTypeMethods
from clients.bitrix24.timeline import TimelineMethods


class Bitrix24Client(
    BizprocMethods,
    CrmMethods,
    SmartTypeMethods,
    ListMethods,
    TimelineMethods,
    AutomationMethods,
    DiskMethods,
    PeopleMethods,
    ApplicationMethods,
    BatchMethods,
):
    """One portal, as one user. How to make one, and what every method raises: see Caller."""
