"""Which documents a query means, and how long each stood where: the beginning of every statement about documents.

A document begins as not_sent when it is added; then its history tells, row by row; what happened without a row (a
package was thrown away) shows in the document itself. Rows that change neither the state nor who has to act are one
spell; spells of one state in a row are one stay. A stay that goes on counts until now, or until the period's end.
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
    select d.id, d.created_at, d.docflow_state, d.changed_at, d.needs_reply, d.raw_state
    {documents}),
points as (
    select id as document_id, needs_reply, 0 as kind, 0 as number,
        'not_sent' as state, '' as resolution, created_at as at
    from seen
    union all
    select s.id, s.needs_reply, 1, c.id, c.docflow_state, coalesce(c.raw_state->>'resolution_status', ''), c.at
    from seen s join state_change c on c.document_id = s.id
    union all
    select id, needs_reply, 2, 0, docflow_state, coalesce(raw_state->>'resolution_status', ''), changed_at from seen),
told as (
    select *, cast(:actors as jsonb)
        ->> (state || '/' || needs_reply::text || '/' || (resolution = :approval)::text) as actor
    from points),
marked as (
    select *, lag(state) over course is distinct from state as comes,
        (lag(state) over course, lag(actor) over course) is distinct from (state, actor) as changes
    from told window course as (partition by document_id order by kind, number)),
spells as (
    select document_id, state, actor, at as since, lead(at) over course as until,
        count(*) filter (where comes) over course as stay
    from marked where changes window course as (partition by document_id order by kind, number)),
waits as (select * from spells where actor is not null),
stays as (
    select document_id, state, min(since) as since, (array_agg(actor order by since desc))[1] as actor,
        case when bool_or(until is null) then null else max(until) end as until
    from waits group by document_id, stay, state)
"""
