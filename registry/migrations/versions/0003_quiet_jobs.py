"""Jobs may be inserted quietly: NOTIFY makes PostgreSQL commit one transaction after the other, each with its fsync.

Whoever says `b24edo.quiet = on` on its connection wakes the workers by itself; see `worker.enqueue.ring`.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create or replace trigger procrastinate_jobs_notify_queue_job_inserted_v1
        after insert on procrastinate_jobs for each row
        when (new.status = 'todo'::procrastinate_job_status
              and coalesce(current_setting('b24edo.quiet', true), '') <> 'on')
        execute procedure procrastinate_notify_queue_job_inserted_v1()
    """)
