"""Where a deal or an account opens in the CRM it came from."""

from __future__ import annotations

from urllib.parse import quote

from core.config import Settings
from core.contracts import Dataset


def crm_link(data: Dataset, settings: Settings, source: str, kind: str, entity_id: str) -> str:
    """Return the address of a deal or an account in the CRM.

    Parameters
    ----------
    data : Dataset
        Where names are hidden or the data are one session's own, ids are not the CRM's: there is no address.
    settings : Settings
        `crm_url` holds an address with {id} for each source.
    source : str
        The source the data are read from: "settings", "sample", or its name in the workspace.
    kind : {"deal", "account"}
    entity_id : str

    Returns
    -------
    str
        Empty where no address is set for the source; the id is escaped.
    """
    entry = settings.crm_url.get(source)
    template = getattr(entry, kind) if entry else ""
    if not template or data.is_masked or data.is_transient:
        return ""
    return str(template.replace("{id}", quote(entity_id, safe="")))
