"""Every delay and every unverified alternative of the sandbox, with what it does by default.

Changed by `POST /_control/settings`, restored by `POST /_control/reset`.
"""

from typing import Any

DEFAULTS: dict[str, Any] = {
    # identity provider
    "access_token_seconds": 3600,
    "refresh_token_seconds": 30 * 86_400,
    "diadoc_token_seconds": 86_400,
    "refresh_rotation": "strict",  # strict: a used token is refused; lenient: it stays good; none: no new one is given
    "diadoc_auth": True,  # False: developer keys and /V3/Authenticate are switched off
    # transport
    "access_requests": False,  # True: a foreign box is refused with the text of an automatic access request
    "rate_limit_per_second": 200,
    "retry_after_seconds": 1,
    "json_names_any_case": True,
    "numeric_enums": True,
    "empty_fields": "as_documented",  # or "absent", "null": what becomes of empty strings in answers
    "box_ids": "mixed",  # or "long", "dashed": the form of box ids in answers
    "sunset": {},  # method -> date of its removal, sent as the Sunset header
    "test_stand": False,  # True: SignWithTestSignature is allowed between all boxes
    # sending
    "post_seconds": 0.0,  # how long the first call of an operationId runs
    "post_in_progress_calls": 0,  # so many first answers of a new operationId are "in progress", though it is done
    "post_in_progress_answer": "204",  # or "409"
    "operation_memory_seconds": 0,  # how long a result is remembered, 0 = for ever
    "patch_operation_md5": False,  # True: PostMessagePatch without an operationId has the MD5 of its body for one
    "lock_full_status": 409,
    "shelf_missing_status": 400,  # what PostMessage says of an unknown name on the shelf
    "fresh_404_reads": 0,  # so many first reads of a new message answer 404
    "custom_id_lag_reads": 0,  # so many first GetDocumentsByCustomId answers do not know the new message
    "response_status_before_sending": "as_workflow",  # or "unknown", "not_acceptable"
    # delivery and answers
    "delivery": "auto",  # or "manual": the deliver action
    "delivery_seconds": 0.0,
    "signature_check": "at_once",  # or "on_delivery": SenderSignatureUnchecked until then
    "refusal_form": "xml",  # or "text", "universal" (universal message)
    "one_sided_revocation": "asks",  # or "at_once": a one-sided document needs no consent
    "invitations": "manual",  # or "accept": every invitation is accepted at once
    "acquire_pending_calls": 1,  # AcquireCounteragentResult answers 204 so often
    # feed
    "feed_page_limit": 100,
    "feed_repeat_events": False,  # every event comes twice, with one EventId and two keys
    "feed_same_key": "skip",  # after a shared key: "skip" all events of that key, or "repeat" all but the first
    "event_id_is_message_id": False,
    "packet_empty_page": True,  # the first page of each GetDocflowsByPacketId walk is empty
    "docflow_event_id_status": 400,  # GetEvent by the id of a docflow event
    # shelf
    "shelf_v1": "removed",  # or "alive"
    "shelf_name_with_extension": True,
    "shelf_extension_dot": "any",  # or "required", "forbidden"
    "shelf_lost_parts": [],  # indexes that every upload loses at first
    # files made by Diadoc
    "generation_pending_calls": 1,
    "print_form_conflicts": 0,  # so many 409 come before everything else
    "zip_pending_answer": "204",  # or "200"
    "zip_name_prefix": True,
}

CHOICES: dict[str, tuple[Any, ...]] = {
    "refresh_rotation": ("strict", "lenient", "none"),
    "empty_fields": ("as_documented", "absent", "null"),
    "box_ids": ("mixed", "long", "dashed"),
    "post_in_progress_answer": ("204", "409"),
    "response_status_before_sending": ("as_workflow", "unknown", "not_acceptable"),
    "delivery": ("auto", "manual"),
    "signature_check": ("at_once", "on_delivery"),
    "refusal_form": ("xml", "text", "universal"),
    "one_sided_revocation": ("asks", "at_once"),
    "invitations": ("manual", "accept"),
    "feed_same_key": ("skip", "repeat"),
    "shelf_v1": ("removed", "alive"),
    "shelf_extension_dot": ("any", "required", "forbidden"),
    "zip_pending_answer": ("204", "200"),
}
