"""Every switch of the emulator with its usual position. Times are seconds."""

from typing import Any

DEFAULTS: dict[str, Any] = {
    # tokens
    "access_token_seconds": 3600.0,
    "refresh_token_days": 180.0,
    "refresh_grace_seconds": 0.0,  # how long a used refresh token is still taken; the real one is not known
    "token_form_post": False,  # does the token endpoint read a form too
    "wrong_secret_answer": "invalid_client",  # or "wrong_client", which comes with status 200
    "payment_required_status": 402,  # or 401
    "code_seconds": 30.0,
    "browser_user_id": 1,  # who is logged in where a browser session decides
    "login_refused": False,
    # REST
    "require_https": False,
    "rate_burst": 50.0,
    "rate_per_second": 2.0,
    "operating_limit_seconds": 480.0,
    "operating_bucket_seconds": 60.0,
    "operating_cost": {},  # method -> seconds that each call of it is booked with, beside what it really took
    "operating_shown": True,
    "scope_error_status": 403,  # or 401
    "portal_deleted_status": 500,  # or 403, 410
    "link_seconds": 3600.0,
    # pages and installation
    "older_portal": False,  # leaves out the fields that recent portals added
    "install_scope_separator": ",",  # or " "
    "dialog_properties": "new",  # or "old": the settings dialog gets the properties raw, as they were registered
    "dialog_answers": True,  # older portals never call back after setPropertyValue
    "timeline_action_data": "flat",  # or "fields": inside data[FIELDS], "params": actionParams beside, not merged
    # bizproc
    "bizproc_denied_status": 403,  # or 400
    "subscription_when_omitted": "Y",  # or "N"
    "shared_id_emptied": "every_pass",  # or "second_pass": when an id that is property and output loses its value
    "datetime_offset_suffix": False,
    "event_send": "later",  # or "legacy": at once, with 404 and 423
    "event_send_delay_seconds": 0.05,
    "save_delay_seconds": 0.0,  # a step is found by event.send only so long after its call was queued
    "timeout_late_seconds": 0.0,
    "dismissed_user_tokens": "missing",  # or "another": whose tokens a call gets when its user is dismissed
    # the queue server
    "queue_delay_seconds": 0.0,
    "queue_jitter_seconds": 0.0,
    "queue_out_of_order": False,
    "queue_drop_next": 0,
    "queue_drop_share": 0.0,
    "queue_duplicate_next": 0,
    "queue_duplicate_share": 0.0,
    "queue_timeout_seconds": 10.0,
    "event_refresh_token": False,  # do ordinary events carry one
    # CRM
    "uf_names": "camel",  # "camel": ufCrm7DiadocId, "underscore": ufCrm_7_DIADOC_ID
    "new_field_prefix": "long",  # "long": UF_CRM_DEAL_X is insisted on, "short": UF_CRM_X is taken too
    "pdf_delay_seconds": 1.0,
    "pdf_error": "",  # a text: every PDF fails with it
    "placement_title_in_key": False,  # may one handler be bound twice under different titles
    "upload_clash_code": "DISK_OBJ_22000",
}
