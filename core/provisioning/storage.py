"""Where the SCIM service reads and writes: the database of the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from scim2_models import (
    GroupMembership,
    InvalidValueException,
    Meta,
    NotFoundException,
    PreconditionFailedException,
    Reference,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    SearchRequest,
    UniquenessException,
)
from scim2_models import Resource as ScimResource
from scim2_models.path import CompareOperator, Comparison
from scim2_server.storage import ScimStorage, SearchPage
from scim2_server.utils import parametrize

from core.config import Settings
from core.contracts.errors import AccessError, ConflictError, StoreError
from core.provisioning import follow_up
from core.provisioning.resources import Group, Member, User
from core.store import Store
from core.store.provisioned import GROUP, USER, Resource
from core.usage import usage_guard

NOT_KEPT = {"id", "meta", "groups", "members", "schemas"}
NAMES = {USER: "username", GROUP: "displayname"}


class PeopleStorage(ScimStorage):
    """People and groups for the SCIM service, each write of which changes who gets in.

    Parameters
    ----------
    store : Store
    settings : Settings
    author : str
        Who provisions, for the audit log.
    """

    def __init__(self, store: Store, settings: Settings, author: str) -> None:
        self._store, self._settings, self._author = store, settings, author

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> ScimResource[Any]:
        """Return a resource."""
        return _published(self._row(resource_type, resource_id))

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """Return one page of what fits."""
        wanted = search_request.filter
        rows = [
            row for kind in _kinds(resource_types) for row in self._store.provisioned.list(kind, _name(wanted, kind))
        ]
        resources = [_published(row) for row in rows]
        if wanted is not None:
            resources = [resource for resource in resources if _fits(wanted, resource)]
        resources = search_request.sort(resources) if search_request.sort_by else resources
        start = search_request.start_index_0 or 0
        stop = None if search_request.count is None else start + search_request.count
        return SearchPage(len(resources), resources[start:stop])

    def create(self, resource_type: ResourceType, resource: ScimResource[Any]) -> ScimResource[Any]:
        """Add a resource."""
        number = self._save(_kind(resource_type), resource, None, None)
        row = self._row(resource_type, number)
        self._follow(None, row)
        return _published(row)

    def update(
        self, resource_type: ResourceType, resource: ScimResource[Any], *, expected_version: str | None = None
    ) -> ScimResource[Any]:
        """Replace a resource."""
        before = self._row(resource_type, str(resource.id), expected_version)
        self._save(before.kind, resource, before.id, before.version)
        after = self._row(resource_type, before.id)
        self._follow(before, after)
        return _published(after)

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Delete a resource."""
        before = self._row(resource_type, resource_id, expected_version)
        try:
            self._store.provisioned.delete(before.kind, before.id, self._author, before.version)
        except ConflictError as error:
            raise PreconditionFailedException(detail=str(error)) from error
        self._follow(before, None)

    def _row(self, resource_type: ResourceType, number: str, version: str | None = None) -> Resource:
        row = self._store.provisioned.get(_kind(resource_type), number)
        if row is None:
            raise NotFoundException(detail=f"There is no {resource_type.name} {number}.")
        if version is not None and version != _version(row):
            raise PreconditionFailedException
        return row

    def _save(self, kind: str, resource: ScimResource[Any], number: str | None, version: int | None) -> str:
        content = {k: v for k, v in resource.model_dump().items() if k not in NOT_KEPT}
        name, is_active, members = _facts(resource)
        try:
            if kind == USER and is_active:
                usage_guard.refuse_seat(self._settings, self._store, name)
            return self._store.provisioned.save(
                kind, name, content, self._author, is_active, members, number=number, version=version
            )
        except ConflictError as error:
            raise PreconditionFailedException(detail=str(error)) from error
        except AccessError as error:
            raise InvalidValueException(detail=str(error)) from error
        except StoreError as error:
            if error.where == "name":
                raise UniquenessException(detail=str(error)) from error
            if error.where in ("members", kind):
                raise InvalidValueException(detail=str(error)) from error
            raise

    def _follow(self, before: Resource | None, after: Resource | None) -> None:
        if USER in {row.kind for row in (before, after) if row is not None}:
            follow_up.follow(self._store, self._settings, before, after, self._author)


def _facts(resource: ScimResource[Any]) -> tuple[str, bool, Sequence[str]]:
    """Return name, whether it is active, and members."""
    if isinstance(resource, User):
        return (resource.user_name or "").strip().lower(), resource.active is not False, ()
    group = cast(Group, resource)
    return (group.display_name or "").strip(), True, [m.value for m in group.members or () if m.value]


def _published(row: Resource) -> ScimResource[Any]:
    """Return a row as a directory reads it."""
    meta = Meta(
        resource_type=row.kind, created=row.made_at, last_modified=row.changed_at, version=_version(row), location=None
    )
    out: ScimResource[Any]
    if row.kind == USER:
        out = User.model_validate(dict(row.content))
        groups = [
            GroupMembership(value=n, display=name, ref=Reference(f"Groups/{n}"), type="direct")
            for n, name in row.linked
        ]
        out.groups = groups or None
    else:
        out = Group.model_validate(dict(row.content))
        members = [Member(value=n, ref=Reference(f"Users/{n}")) for n, _ in row.linked]
        out.members = members or None
    out.id, out.meta = row.id, meta
    return out


def _fits(wanted: ScimFilter[Any], resource: ScimResource[Any]) -> bool:
    bound = wanted if wanted.models else parametrize(ScimFilter, type(resource))(str(wanted))
    return bool(bound.match(resource))


def _name(wanted: ScimFilter[Any] | None, kind: str) -> str | None:
    """Return the name a filter asks for and nothing else, as directories do before each change; else None."""
    node = wanted.ast if wanted is not None else None
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq or not isinstance(node.value, str):
        return None
    if str(node.attr_path).rpartition(":")[2].casefold() != NAMES[kind] or kind == GROUP:
        return None
    return node.value.strip().lower()


def _kinds(resource_types: list[ResourceType]) -> list[str]:
    return list(dict.fromkeys(map(_kind, resource_types)))


def _kind(resource_type: ResourceType) -> str:
    return USER if resource_type.name == USER else GROUP


def _version(row: Resource) -> str:
    return f'W/"{row.version}"'
