"""The sandbox portal in the hands of tests and the demo: everything a person would do in Bitrix24, over HTTP.

Seed (the same after every reset), on both portals:
  users            ADMIN (1), MANAGER (2), DISMISSED (3), SIGNER (4), HEAD (5) of the manager's department,
                   STRANGER (6) who may not see deals
  companies        OWN_COMPANY (1), COUNTERAGENT (2), TWO_REQUISITES (3), each with requisites
  contact          ENTREPRENEUR (1) with a requisite without KPP
  deal             DEAL (1): company COUNTERAGENT, contact ENTREPRENEUR, mycompanyId OWN_COMPANY
  smart process    SMART_TYPE (entityTypeId 1220), item SMART_ITEM (1), parentId2 = DEAL
  file fields      FILES, SIGNED (multiple) and CONTRACT_FILE (single) of deals, SMART_FILES of the smart process
"""

from sandbox.portal.driving.applications import Applications
from sandbox.portal.driving.crm import Crm
from sandbox.portal.driving.people import People
from sandbox.portal.driving.results import Results
from sandbox.portal.driving.seeded import (
    ADMIN,
    COMPANY_TYPE,
    CONTACT_TYPE,
    CONTRACT_FILE,
    COUNTERAGENT,
    COUNTERAGENT_INN,
    COUNTERAGENT_KPP,
    DEAL,
    DEAL_DOCUMENT,
    DEAL_TYPE,
    DISMISSED,
    ENTREPRENEUR,
    ENTREPRENEUR_INN,
    FILES,
    HEAD,
    INVOICE_TYPE,
    LEAD_TYPE,
    MANAGER,
    OWN_COMPANY,
    OWN_INN,
    OWN_KPP,
    QUOTE_TYPE,
    SIGNED,
    SIGNER,
    SMART_DOCUMENT,
    SMART_FILES,
    SMART_ITEM,
    SMART_TYPE,
    STATE,
    STRANGER,
    TWO_REQUISITES,
    LocalApp,
    Page,
)
from sandbox.portal.driving.workflows import Workflows

__all__ = [
    "ADMIN",
    "COMPANY_TYPE",
    "CONTACT_TYPE",
    "CONTRACT_FILE",
    "COUNTERAGENT",
    "COUNTERAGENT_INN",
    "COUNTERAGENT_KPP",
    "DEAL",
    "DEAL_DOCUMENT",
    "DEAL_TYPE",
    "DISMISSED",
    "ENTREPRENEUR",
    "ENTREPRENEUR_INN",
    "FILES",
    "HEAD",
    "INVOICE_TYPE",
    "LEAD_TYPE",
    "MANAGER",
    "OWN_COMPANY",
    "OWN_INN",
    "OWN_KPP",
    "QUOTE_TYPE",
    "SIGNED",
    "SIGNER",
    "SMART_DOCUMENT",
    "SMART_FILES",
    "SMART_ITEM",
    "SMART_TYPE",
    "STATE",
    "STRANGER",
    "TWO_REQUISITES",
    "LocalApp",
    "Page",
    "PortalSandbox",
]


class PortalSandbox(Applications, Crm, Workflows, Results, People):
    """The whole sandbox. urls: the addresses in host order: auth server, first portal, second portal, spare.

    Every method takes portal="first" or "second". Raises RuntimeError when the sandbox refuses a request.
    """
