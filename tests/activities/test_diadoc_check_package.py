import pytest

from activities.diadoc_add_document import DiadocAddDocument
from activities.diadoc_check_package import DiadocCheckPackage
from clients.diadoc.ids import normal_box_id
from errors import InputInvalid, NoAccess, PackageNotFound, Unavailable
from sandbox.diadoc import seed
from sandbox.portal.driver import CONTRACT_FILE
from tests.activities.formal_files import transfer

CHECK = DiadocCheckPackage()
PDF = b"%PDF-1.4 a paper"
ACT = {"document_type": "AcceptanceCertificate", "number": "7", "date": "20.11.2026", "total": "1220", "vat": "220"}
JSON = {"Content-Type": "application/json"}
XML = {"document_type": "UniversalTransferDocument"}


@pytest.fixture
def add(run, again, lonely_context, portal_sandbox):
    """add(content, number="8"): add an act of the deal to its open package; its number in our registry."""

    def add(content=PDF, name="Акт.pdf", **inputs):
        portal_sandbox.put_file(CONTRACT_FILE, name, content)
        wanted = {
            "source": "field",
            "file_field": CONTRACT_FILE,
            **({} if "document_type" in inputs else ACT),
            **inputs,
        }
        return run(DiadocAddDocument(), on=again(lonely_context), **wanted)["document_id"]

    return add


def codes(checked):
    return list(zip(checked["fault_document_ids"], checked["fault_codes"], strict=True))


def test_a_package_without_faults_is_ready(run, box, add):
    add()

    checked = run(CHECK)

    assert (checked["result"], checked["is_ready"], checked["fault_codes"], checked["faults"]) == ("ok", "Y", [], "")
    assert (checked["documents_count"], checked["counteragent_name"]) == (1, seed.LYUTIK.name)
    assert checked["counteragent_box_id"] == normal_box_id(seed.LYUTIK.box)


def test_a_check_sends_and_uploads_nothing(run, box, add, diadoc_sandbox, registry):
    add()

    package_id = run(CHECK)["package_id"]

    methods = {one["method"] for one in diadoc_sandbox.requests() if one["verb"] == "POST"}
    assert not {name for name in methods if "Post" in name or "Shelf" in name}
    assert registry.packages.get(package_id).state == "open"


def test_every_fault_is_named_and_not_only_the_first(run, box, add, registry, connected_config):
    sound, spoiled, misdirected = add(), add(number="8"), add(transfer(buyer=seed.SLEEPER), "upd.xml", **XML)
    (connected_config.data_dir / "blobs" / registry.packages.document(sound).blob).unlink()
    row = registry.packages.document(spoiled)
    registry.packages.put_document(row.package_id, {"sameness": row.sameness, "requisites": {}, "file_size": 0})

    checked = run(CHECK, for_inn=seed.LIQUIDATED.inn, for_kpp=seed.LIQUIDATED.kpp)

    assert codes(checked) == [
        (0, "COUNTERPARTY_CLOSED"),
        (sound, "FILE_NOT_FOUND"),
        (spoiled, "FILE_EMPTY"),
        (spoiled, "FILE_NOT_FOUND"),
        (spoiled, "METADATA_MISSING"),
        (misdirected, "RECIPIENT_MISMATCH"),
    ]
    assert (checked["is_ready"], checked["documents_count"]) == ("N", 3)
    assert len(checked["faults"].splitlines()) == len(checked["fault_codes"])
    assert "Дата документа, Сумма" in checked["faults"]


@pytest.mark.parametrize(
    ("whom", "code"),
    [
        ({"for_inn": "9660003037", "for_kpp": "966001001"}, "INN_INVALID"),
        ({"for_inn": seed.LYUTIK.inn}, "KPP_REQUIRED"),
        ({"for_inn": seed.ENTREPRENEUR.inn, "for_kpp": "966001001"}, "KPP_FORBIDDEN"),
        ({"for_inn": "500100732259"}, "COUNTERPARTY_NOT_FOUND"),
        ({"for_inn": seed.GEMINI[0].inn, "for_kpp": seed.GEMINI[0].kpp}, "AMBIGUOUS_BOX"),
        ({"for_inn": seed.CLOSED.inn, "for_kpp": seed.CLOSED.kpp}, "NOT_PARTNER"),
        ({"for_inn": seed.ROAMING_STRANGER.inn, "for_kpp": seed.ROAMING_STRANGER.kpp}, "NOT_PARTNER"),
        ({"company_id": "3"}, "REQUISITE_AMBIGUOUS"),
        ({"for_box": seed.LYUTIK.box}, "BOX_NOT_CHOSEN"),
        ({"to_box": "ящик"}, "INPUT_INVALID"),
    ],
)
def test_what_is_wrong_with_the_recipient_is_a_fault_of_the_package(run, box, add, whom, code):
    add()

    assert codes(run(CHECK, **whom)) == [(0, code)]


def test_a_box_that_a_person_chose_settles_an_ambiguity(run, box, add):
    add()

    checked = run(CHECK, for_inn=seed.GEMINI[0].inn, for_kpp=seed.GEMINI[0].kpp, to_box=seed.GEMINI[1].box)

    assert (checked["is_ready"], checked["counteragent_box_id"]) == ("Y", normal_box_id(seed.GEMINI[1].box))


def test_an_empty_package_is_a_fault(run, box, registry):
    registry.packages.open_or_create(crm_item="D_1", name="")

    assert codes(run(CHECK)) == [(0, "PACKAGE_EMPTY")]


def test_without_a_box_the_documents_are_checked_all_the_same(run, add, registry):
    document_id = add()
    row = registry.packages.document(document_id)
    registry.packages.put_document(row.package_id, {"sameness": row.sameness, "requisites": {}})

    assert codes(run(CHECK)) == [(0, "BOX_NOT_CHOSEN"), (document_id, "METADATA_MISSING")]


# What the box's list of types says


@pytest.fixture
def listed(registry, box):
    """listed(change): change the kept type list of the box, as if Diadoc had said so today."""

    def listed(change):
        types = registry.boxes.get(box.id).document_types
        change({one["type_named_id"]: one for one in types}, types)
        registry.boxes.keep_document_types(box.id, types)

    return listed


def test_a_kind_that_the_box_may_not_send_is_a_fault(run, box, add, listed):
    document_id = add()
    listed(lambda by_name, types: types.remove(by_name["AcceptanceCertificate"]))

    assert codes(run(CHECK)) == [(document_id, "TYPE_NOT_ALLOWED")]


def test_a_kind_for_our_own_organization_only_is_a_fault(run, box, add, listed):
    document_id = add()
    listed(lambda by_name, types: by_name["AcceptanceCertificate"].update(is_external=False))

    assert codes(run(CHECK)) == [(document_id, "TYPE_NOT_ALLOWED")]


def test_a_key_that_became_required_is_a_fault(run, box, add, listed):
    def require(by_name, types):
        (function,) = by_name["AcceptanceCertificate"]["functions"]
        grounds = next(i for i in function["versions"][0]["titles"][0]["metadata_items"] if i["key"] == "Grounds")
        grounds["is_required"] = True

    document_id = add()
    listed(require)

    checked = run(CHECK)

    assert codes(checked) == [(document_id, "METADATA_MISSING")]
    assert "Основание" in checked["faults"]


def test_a_reply_signature_that_became_fixed_is_a_fault(run, box, add, listed):
    def fix(by_name, types):
        (function,) = by_name["AcceptanceCertificate"]["functions"]
        function["versions"][0]["workflows"] = [{"workflow_id": 2, "is_default": True}]

    document_id = add(need_reply_signature="no")
    listed(fix)

    assert codes(run(CHECK)) == [(document_id, "REPLY_SIGNATURE_FIXED")]


def test_an_outdated_format_names_the_one_that_is_needed(run, box, add):
    document_id = add(transfer(version="5.02"), "upd.xml", **XML)

    checked = run(CHECK)

    assert codes(checked) == [(document_id, "FORMAT_OUTDATED")]
    assert "utd970_05_03_01" in checked["faults"]


def test_an_xml_document_for_this_recipient_is_ready(run, box, add):
    add(transfer(), "upd.xml", **XML)

    assert run(CHECK)["faults"] == ""


def test_an_xml_document_for_another_branch_is_misdirected(run, box, add):
    document_id = add(transfer(buyer=seed.LYUTIK_BRANCH), "upd.xml", **XML)

    checked = run(CHECK)

    assert codes(checked) == [(document_id, "RECIPIENT_MISMATCH")]
    assert f"{seed.LYUTIK_BRANCH.inn}/{seed.LYUTIK_BRANCH.kpp}" in checked["faults"]


# The lock


def test_a_box_that_pays_for_locks_may_lock(run, box, add):
    add()

    assert run(CHECK, lock="full")["is_ready"] == "Y"


def test_a_lock_without_the_paid_feature_is_a_fault(run, connect, add):
    connect(seed.LOGISTICS)
    add()

    assert codes(run(CHECK, lock="full", for_box=seed.LOGISTICS.inn)) == [(0, "LOCK_NOT_ALLOWED")]
    assert codes(run(CHECK, lock="send", for_box=seed.LOGISTICS.inn)) == []


def test_a_lock_towards_another_operator_is_a_fault(run, box, add):
    add()

    checked = run(CHECK, lock="full", for_inn=seed.ROAMING_PARTNER.inn, for_kpp=seed.ROAMING_PARTNER.kpp)

    assert codes(checked) == [(0, "LOCK_NOT_ALLOWED")]


# Diadoc itself


@pytest.mark.parametrize(
    ("status", "code"),
    [("auth_lost", "DIADOC_AUTH_LOST"), ("subscription_ended", "SUBSCRIPTION_ENDED"), ("no_access", "NO_ACCESS")],
)
def test_a_box_known_to_be_closed_to_us_is_a_fault(run, box, add, registry, status, code):
    add()
    registry.boxes.mark(box.id, status, "причина")

    assert codes(run(CHECK)) == [(0, code)]


def test_a_lapsed_subscription_is_one_fault(run, box, add, diadoc_sandbox):
    add()
    diadoc_sandbox.lapse_subscription()

    assert codes(run(CHECK)) == [(0, "SUBSCRIPTION_ENDED")]


def test_while_diadoc_is_away_the_check_can_be_tried_again(run, box, add, diadoc_sandbox):
    add()
    diadoc_sandbox.fault("*", "status", status=503, times=-1)

    with pytest.raises(Unavailable):
        run(CHECK)


def test_a_portal_that_denies_access_is_an_error_and_no_fault_of_the_package(run, box, add, portal_sandbox):
    add()
    denied = '{"error": "ACCESS_DENIED", "error_description": "Access denied"}'
    portal_sandbox.fault("crm.item.get", "status", status=400, body=denied, times=-1, headers=JSON)

    with pytest.raises(NoAccess):
        run(CHECK)


# Which package


def test_a_package_by_its_number_needs_no_item_under_the_workflow(run, again, lonely_context, box, add, registry):
    package_id = registry.packages.document(add()).package_id

    checked = run(CHECK, on=again(lonely_context, crm_item=None), use_package=str(package_id))

    assert (checked["package_id"], checked["is_ready"]) == (package_id, "Y")


@pytest.mark.parametrize(
    ("inputs", "error"),
    [({}, PackageNotFound), ({"use_package": "404"}, PackageNotFound), ({"use_package": "x"}, InputInvalid)],
)
def test_no_package_is_an_error(run, box, inputs, error):
    with pytest.raises(error):
        run(CHECK, **inputs)


def test_faults_are_told_in_the_language_of_the_portal(run, again, lonely_context, registry):
    registry.packages.open_or_create(crm_item="D_1", name="")

    checked = run(CHECK, on=again(lonely_context, language="en"))

    assert "Package 1 holds no documents" in checked["faults"]
    assert "no Diadoc box is connected" in checked["faults"]
