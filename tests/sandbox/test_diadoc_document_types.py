"""GetDocumentTypes: what may be sent, with which metadata and by which workflow."""

from sandbox.diadoc.driver import DiadocSandbox
from tests.sandbox.diadoc_letters import BOX

TYPES = {
    *("Nonformalized", "ProformaInvoice", "AcceptanceCertificate", "Contract", "SupplementaryAgreement"),
    *("ReconciliationAct", "PriceList", "PriceListAgreement", "CertificateRegistry", "ServiceDetails", "Torg12"),
    *("Torg13", "UniversalTransferDocument", "UniversalTransferDocumentRevision", "UniversalCorrectionDocument"),
    *("XmlTorg12", "XmlAcceptanceCertificate", "Invoice", "XmlProformaInvoice"),
}


def types(sandbox: DiadocSandbox, version: str = "V2") -> dict[str, dict]:
    answer = sandbox.call("GET", f"/{version}/GetDocumentTypes?boxId={BOX}").json()
    return {one["Name"]: one for one in answer["DocumentTypes"]}


def actual(kind: dict, function: str = "default") -> dict:
    versions = next(one["Versions"] for one in kind["Functions"] if one["Name"] == function)
    (version,) = [one for one in versions if one["IsActual"]]
    return version


def required(kind: dict) -> set[str]:
    items = actual(kind)["Titles"][0]["MetadataItems"]
    return {item["Id"] for item in items if item["IsRequired"] and item["Source"] == 1}


def default_workflow(version: dict) -> int:
    (workflow,) = [one["Id"] for one in version["Workflows"] if one["IsDefault"]]
    return workflow


def test_every_type_that_can_be_sent_is_described(diadoc_sandbox: DiadocSandbox):
    assert set(types(diadoc_sandbox)) == TYPES


def test_non_formal_types_take_their_metadata_from_the_user(diadoc_sandbox: DiadocSandbox):
    found = types(diadoc_sandbox)

    assert required(found["Nonformalized"]) == {"FileName"}
    assert required(found["ProformaInvoice"]) == {"FileName", "DocumentNumber", "DocumentDate", "TotalSum"}
    assert required(found["Contract"]) == {"FileName", "DocumentNumber", "DocumentDate"}
    assert required(found["AcceptanceCertificate"]) == {"FileName", "DocumentDate", "TotalSum"}


def test_formal_types_take_theirs_from_the_xml(diadoc_sandbox: DiadocSandbox):
    version = actual(types(diadoc_sandbox)["UniversalTransferDocument"], "СЧФДОП")

    assert version["Version"] == "utd970_05_03_01"
    assert version["Titles"][0]["IsFormal"] is True
    assert {item["Source"] for item in version["Titles"][0]["MetadataItems"]} == {0}


def test_workflows_follow_the_type_and_its_function(diadoc_sandbox: DiadocSandbox):
    found = types(diadoc_sandbox)

    assert default_workflow(actual(found["Nonformalized"])) == 1
    assert default_workflow(actual(found["Contract"])) == 2
    assert default_workflow(actual(found["ProformaInvoice"])) == 6
    assert default_workflow(actual(found["UniversalTransferDocument"], "СЧФ")) == 17


def test_enums_of_the_description_are_numbers(diadoc_sandbox: DiadocSandbox):
    title = actual(types(diadoc_sandbox)["ProformaInvoice"])["Titles"][0]

    kinds = {item["Id"]: item["Type"] for item in title["MetadataItems"]}
    assert title["SignerInfo"] == {"SignerType": 0, "ExtendedDocumentTitleType": -1}
    assert (kinds["FileName"], kinds["TotalSum"], kinds["DocumentDate"]) == (0, 2, 3)


def test_v3_adds_the_start_of_universal_messages(diadoc_sandbox: DiadocSandbox):
    assert all(isinstance(one["UniversalMessagesStartDate"], str) for one in types(diadoc_sandbox, "V3").values())
    assert not any("UniversalMessagesStartDate" in one for one in types(diadoc_sandbox).values())
