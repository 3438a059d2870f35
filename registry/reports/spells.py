"""Which documents a query means, and how long each stood where: the beginning of every statement about documents.

A document begins as not_sent when it is added; then its history tells, row by row; that a package was thrown away,
which leaves no row, shows in the document itself. Rows that change neither the state nor who has to act are one spell;
spells of one state in a row are one stay. A stay that goes on counts until now, or until the period's end.
"""

# Calls name their package while they wait for it, and in their answers.
PACKAGE_OF_CALL = """coalesce(c.wait_package_id,
    case when a.values->>'package_id' ~ '^[0-9]{1,18}$' then (a.values->>'package_id')::bigint end)"""
_WORKED_ON = f"""
    select {PACKAGE_OF_CALL} from call c left join answer a on a.call_id = c.id
    where c.portal_id = :portal_id and c.user_id = :user_id"""  # noqa: S608 - every value is bound, here and below
DOCUMENTS = f"""
    from document d join package p on p.id = d.package_id
    where d.portal_id = :portal_id and p.portal_id = :portal_id
      and (cast(:box_pk as bigint) is null or p.box_pk = :box_pk)
      and (:inn = '' or p.counteragent->>'inn' = :inn)
      and (:document_type = '' or d.document_type = :document_type)
      and (cast(:user_id as bigint) is null or d.package_id in ({_WORKED_ON}))"""
STANDING = "and (:state = '' or d.docflow_state = :state)"
SPELLS = """
with seen as materialized (
    select d.id, d.created_at, d.docflow_state, d.changed_at, d.needs_reply
    {documents}),
points as (
    select id as document_id, needs_reply, 0 as number, 'not_sent' as state, '' as resolution, created_at as at
    from seen
    union all
    select s.id, s.needs_reply, c.id, c.docflow_state, coalesce(c.raw_state->>'resolution_status', ''), c.at
    from seen s join state_change c on c.document_id = s.id
    union all
    select id, needs_reply, 9223372036854775807, docflow_state, '', changed_at from seen
    where docflow_state = 'deleted'),
told as (
    select document_id, number, state, at, rules.value as actor
    from points left join jsonb_each_text(cast(:actors as jsonb)) rules
        on rules.key = state || '/' || needs_reply::text || '/' || (resolution = :approval)::text),
marked as (
    select *, lag(state) over course is distinct from state as comes,
        lag(actor) over course is distinct from actor as passes
    from told window course as (partition by document_id order by number)),
spells as (
    select document_id, state collate "C" as state, actor, comes, at as since, lead(at) over course as until,
        max(at) filter (where comes) over course as stage_since,
        min(at) filter (where comes) over (course rows between 1 following and unbounded following) as stage_until
    from marked where comes or passes window course as (partition by document_id order by number)),
waits as (select * from spells where actor is not null),
stays as (select state, since, stage_until as until from waits where comes),
now_at as (select document_id, state, actor, stage_since as since from waits where until is null)
"""
