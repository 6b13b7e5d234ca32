"""Answers a directory that provisions people: who is asking, and what comes of it."""

from __future__ import annotations

import logging
from functools import cache

from scim2_models import NotFoundException, SCIMException, UnauthorizedException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from core.config import Settings
from core.contracts.errors import StoreError
from core.provisioning.resources import provider
from core.provisioning.storage import PeopleStorage
from core.store import Store

logger = logging.getLogger(__name__)
AUTHOR = "SCIM {}"


@cache
def _service() -> ScimService:
    return ScimService(provider())


def answer(store: Store, settings: Settings, request: ScimRequest) -> ScimResponse:
    """Answer one request.

    Parameters
    ----------
    store : Store
    settings : Settings
    request : scim2_server request
        With the token as `Authorization: Bearer …`.

    Returns
    -------
    scim2_server response
        Where no token counts, there is no such address; a request without one that counts is refused.
    """
    service = _service()
    try:
        label = _label(store, request)
        with service.provider:
            return ScimHandler(service, PeopleStorage(store, settings, AUTHOR.format(label))).handle(request)
    except SCIMException as error:
        logger.info("SCIM request refused: %s", error)
        return service.error_response(error)
    except StoreError as error:
        logger.warning("SCIM request failed: %s", error)
        return service.error_response(error)


def _label(store: Store, request: ScimRequest) -> str:
    if not store.scim_tokens.is_any():
        raise NotFoundException(detail="Provisioning is off: no token counts.")
    scheme, _, token = (request.header("Authorization") or "").partition(" ")
    label = store.scim_tokens.label_of(token.strip()) if scheme.lower() == "bearer" else None
    if label is None:
        raise UnauthorizedException(detail="The token is missing, or does not count.")
    return label
