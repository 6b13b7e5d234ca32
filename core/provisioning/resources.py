"""What a directory may tell of a person: what Quarterdeck uses, and nothing it would only store."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    GroupMembership,
    Mutability,
    Name,
    Patch,
    Reference,
    Required,
    Resource,
    Role,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models import Group as FullGroup
from scim2_models import User as FullUser

MOST_AT_ONCE = 500
BEARER = AuthenticationScheme.Type.oauthbearertoken


class User(Resource[Any]):
    """A person, with the attributes of RFC 7643 that mean something here; all others are dropped unread."""

    __schema__ = FullUser.__schema__

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """What the person signs in as, mostly a mail address."""

    name: Name | None = None
    """The person's name in parts."""

    display_name: str | None = None
    """The name shown."""

    active: bool | None = None
    """Whether the person may sign in."""

    roles: list[Role] | None = None
    """Roles of Quarterdeck, by their names."""

    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    """The groups the person is in."""


class Member(ComplexAttribute):
    """Somebody in a group; groups within groups are not provisioned."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The person's id."""

    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The person's address."""


class Group(Resource[Any]):
    """A group of people; its name is that of a group with rights here."""

    __schema__ = FullGroup.__schema__

    display_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name."""

    members: list[Member] | None = None
    """The people in it."""


def provider() -> ScimProvider:
    """Return the description of the service: what it serves, and what it can."""
    scheme = AuthenticationScheme(type=BEARER, name="Token", description="A token made on the Admin page.")
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_AT_ONCE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[scheme],
    )
    # Directories send attributes nobody asked for, and remove members their own way.
    policy = ScimPolicy(
        unknown=ScimPolicy.Unknown.ignore,
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    )
    return ScimProvider([User, Group], config=config, policy=policy)
