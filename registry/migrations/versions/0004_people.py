"""What people work with: settings, registries in the CRM, what we made there; and the triggers that note changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Whoever changes a package, in whatever way: people are shown it. When Diadoc was last asked is no change.
NOTE = """
create function b24edo_note_package(package bigint, portal bigint) returns void language sql as $$
    insert into package_change (package_id, portal_id, version, attempts, trouble)
    values (package, portal, 1, 0, '')
    on conflict (package_id) do update
    set version = package_change.version + 1, noted_at = now(), attempts = 0, next_attempt_at = now()
$$
"""
PACKAGE = """
create function b24edo_package_changed() returns trigger language plpgsql as $$
begin
    perform b24edo_note_package(new.id, new.portal_id);
    return null;
end $$
"""
DOCUMENT = """
create function b24edo_document_changed() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and to_jsonb(old) - 'checked_at' = to_jsonb(new) - 'checked_at' then
        return null;
    end if;
    if tg_op <> 'INSERT' then
        perform b24edo_note_package(old.package_id, old.portal_id);
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.package_id <> old.package_id) then
        perform b24edo_note_package(new.package_id, new.portal_id);
    end if;
    return null;
end $$
"""
KEPT_FILE = """
create function b24edo_file_kept() returns trigger language plpgsql as $$
begin
    perform b24edo_note_package(d.package_id, d.portal_id) from document d where d.id = new.document_id;
    return null;
end $$
"""
TRIGGERS = """
create trigger b24edo_package_changed after insert or update on package
    for each row execute function b24edo_package_changed();
create trigger b24edo_document_changed after insert or update or delete on document
    for each row execute function b24edo_document_changed();
create trigger b24edo_file_kept after insert on kept_file
    for each row execute function b24edo_file_kept();
"""


def upgrade() -> None:
    # the defaults stay: a process of the version before writes papers and packages until it is stopped
    op.add_column("document", sa.Column("origin", sa.Text(), nullable=False, server_default=""))
    op.create_index("call_of_item", "call", ["portal_id", "workflow_document_id"], unique=False)
    op.create_index("call_received", "call", ["received_at"], unique=False, postgresql_using="brin")
    op.create_index("document_under_way", "document", ["portal_id"], unique=False, postgresql_where="not is_final")
    op.add_column("package", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("package", sa.Column("last_error", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "page_opening",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "portal_work",
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("result", JSONB(), nullable=False),
        sa.Column("error", JSONB(), nullable=True),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["portal_id"], ["portal.id"]),
        sa.PrimaryKeyConstraint("portal_id", "name"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index(op.f("ix_api_token_portal_id"), "api_token", ["portal_id"], unique=False)
    op.create_table(
        "crm_mirror",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("our_id", sa.BigInteger(), nullable=False),
        sa.Column("their_id", sa.BigInteger(), nullable=True),
        sa.Column("written", JSONB(), nullable=False),
        sa.Column("intended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("portal_id", "kind", "our_id"),
    )
    op.create_index("crm_mirror_theirs", "crm_mirror", ["portal_id", "kind", "their_id"], unique=False)
    op.create_table(
        "crm_registry",
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("backend", sa.Text(), nullable=False),
        sa.Column("entity_type_id", sa.BigInteger(), nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("iblock_type", sa.Text(), nullable=False),
        sa.Column("iblock_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
        ),
        sa.PrimaryKeyConstraint("portal_id", "kind"),
    )
    op.create_table(
        "effect",
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("intended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
        ),
        sa.PrimaryKeyConstraint("portal_id", "subject", "name"),
    )
    op.create_index("effect_of", "effect", ["portal_id", "subject"], unique=False)
    op.create_table(
        "portal_settings",
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
        ),
        sa.PrimaryKeyConstraint("portal_id"),
    )
    op.create_table(
        "incoming_document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("box_pk", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("counteragent", JSONB(), nullable=False),
        sa.Column("document_type", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("requisites", JSONB(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("docflow_state", sa.Text(), nullable=False),
        sa.Column("needs_reply", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remarks", JSONB(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["box_pk"],
            ["box.id"],
        ),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("box_pk", "message_id", "entity_id"),
    )
    op.create_index(
        "incoming_open", "incoming_document", ["portal_id"], unique=False, postgresql_where="shown_at is null"
    )
    op.create_index("incoming_shown", "incoming_document", ["portal_id", "shown_at"], unique=False)
    op.create_index(op.f("ix_incoming_document_portal_id"), "incoming_document", ["portal_id"], unique=False)
    op.create_table(
        "invitation_item",
        sa.Column("invitation_id", sa.BigInteger(), nullable=False),
        sa.Column("crm_item", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
        ),
        sa.PrimaryKeyConstraint("invitation_id", "crm_item"),
    )
    op.create_index(
        "invitation_item_untold",
        "invitation_item",
        ["invitation_id"],
        unique=False,
        postgresql_where="told_at is null",
    )
    # From when on the documents that come to a box are taken in; none that came before.
    op.add_column("box", sa.Column("incoming_since", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "package_change",
        sa.Column("package_id", sa.BigInteger(), nullable=False),
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["package.id"],
        ),
        sa.PrimaryKeyConstraint("package_id"),
    )
    op.create_index("package_change_due", "package_change", ["next_attempt_at"], unique=False)
    for statement in (NOTE, PACKAGE, DOCUMENT, KEPT_FILE, *filter(str.strip, TRIGGERS.split(";"))):
        op.execute(statement)
