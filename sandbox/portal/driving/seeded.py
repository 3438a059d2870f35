"""Numbers and names of the seed, the same after every reset, and the records that the driver hands out."""

from dataclasses import dataclass

ADMIN, MANAGER, DISMISSED, SIGNER, HEAD, STRANGER = 1, 2, 3, 4, 5, 6
LEAD_TYPE, DEAL_TYPE, CONTACT_TYPE, COMPANY_TYPE, QUOTE_TYPE, INVOICE_TYPE, SMART_TYPE = 1, 2, 3, 4, 7, 31, 1220
OWN_COMPANY, COUNTERAGENT, TWO_REQUISITES, ENTREPRENEUR, DEAL, SMART_ITEM = 1, 2, 3, 1, 1, 1
FILES, CONTRACT_FILE, SIGNED, STATE = (
    "UF_CRM_DOCUMENTS",
    "UF_CRM_CONTRACT_FILE",
    "UF_CRM_SIGNED",
    "UF_CRM_1721244707107",
)
SMART_FILES = "UF_CRM_1_DOCUMENTS"
OWN_INN, OWN_KPP = "9660001014", "966001001"
COUNTERAGENT_INN, COUNTERAGENT_KPP = "9660003036", "966001001"
ENTREPRENEUR_INN = "966000141485"
DEAL_DOCUMENT = ["crm", "CCrmDocumentDeal", "DEAL_1"]
SMART_DOCUMENT = ["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic", "DYNAMIC_1220_1"]


@dataclass(frozen=True)
class LocalApp:
    """The keys that the card of a local application shows, and the application token of this portal."""

    client_id: str
    client_secret: str
    application_token: str
    api_only: bool
    portal: str


@dataclass(frozen=True)
class Page:
    """What an application's page answered to the POST into its frame."""

    status: int
    body: str
    is_finished: bool = False
