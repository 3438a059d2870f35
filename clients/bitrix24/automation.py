"""CRM triggers: words of ours by which a funnel moves an item, when an administrator has put them there.

All of it wants the application's own token of an administrator. Source: crm.automation.trigger.*.
"""

from clients.bitrix24 import wire
from clients.bitrix24.caller import Caller


class AutomationMethods(Caller):
    def crm_automation_trigger_add(self, *, code: str, name: str) -> None:
        """Offer a trigger; the same code again renames it. code: latin letters, digits, dot, hyphen, underscore."""
        self.call("crm.automation.trigger.add", {"CODE": code, "NAME": name}, repeat=True)

    def crm_automation_trigger_list(self) -> dict[str, str]:
        """Our own triggers on this portal: code → name."""
        rows = map(wire.as_map, wire.as_list(self.call("crm.automation.trigger.list")))
        return {wire.as_text(row.get("CODE")): wire.as_text(row.get("NAME")) for row in rows if row.get("CODE")}

    def crm_automation_trigger_delete(self, code: str) -> None:
        """Raises RequestRejected when it is not there."""
        self.call("crm.automation.trigger.delete", {"CODE": code})

    def crm_automation_trigger_execute(self, *, code: str, entity_type_id: int, entity_id: int) -> None:
        """Pull it on an item. Accepted is not moved: the funnel decides what the trigger does. Never repeated here.

        Raises RequestRejected for a trigger that is not registered, for an item that is no more and for a kind of
        items without a funnel.
        """
        params = {"CODE": code, "OWNER_TYPE_ID": entity_type_id, "OWNER_ID": entity_id}
        self.call("crm.automation.trigger.execute", params)
