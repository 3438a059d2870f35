"""Diadoc, one method a remote method. For one user; cheap to build wherever it is needed."""

from clients.diadoc.documents import Documents
from clients.diadoc.feed import Feed
from clients.diadoc.files import Files
from clients.diadoc.organizations import Counteragents, Organizations
from clients.diadoc.sending import Sending
from clients.diadoc.shelf import Shelf


class DiadocClient(Organizations, Counteragents, Shelf, Sending, Documents, Feed, Files):
    """Speaks to Diadoc as one user, by tokens that all processes share.

    api_url: settings; auth: OidcAuth or DeveloperKeyAuth; tokens, throttle: of the box's user and the box, from
    registry/; http: one for many clients keeps connections open; on_sunset(method, date or None, link): told once a
    method and client when Diadoc announces a method's removal; solution: sent as X-Solution-Info.

    Every method may raise Unavailable (waiting cures it; retry_after says how long), RateLimited, DiadocAuthLost,
    SubscriptionEnded (402), NoAccess (403), NotFoundThere (404), Conflict (409; conflicts.py tells which) and
    RequestRejected (400 and the like). What passes within three seconds is waited for here. Box ids, message ids and
    entity ids are taken and given in the normal form of ids.py.
    """
