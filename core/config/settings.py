"""Typed settings: defaults.yaml, then the user's file, then the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core import formats, yaml_text
from core.config.branding import SAVED, BrandSettings, over
from core.config.engine_settings import DATABASES, EngineName, WarehouseSettings
from core.config.usage_limits import UsageLimits
from core.contracts.errors import ConfigError, closest
from core.localization import catalogues, message

DEFAULTS = Path(__file__).with_name("defaults.yaml")
OWN_FILE = "quarterdeck.yaml"
URL_FILE = "QUARTERDECK_DATABASE_URL_FILE"  # where secrets come as files, as in containers
FREELY_NAMED = (
    "roles.",
    "access.people.",
    "access.groups.",
    "access.hidden_fields.",
    "customers.health.",
    "map.places.",
    "crm_url.",
    "warehouse.tables.",
    "branding.links.",
    "branding.words.",
)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceSettings(_Section):
    """Where the data comes from; an empty folder means the sample company."""

    folder: str = ""
    mapping: str = ""
    months_without_rows: Literal["zero", "unknown"] = "zero"


class FiscalSettings(_Section):
    """The fiscal calendar: a year of twelve months, or of 52 weeks and sometimes 53."""

    calendar: Literal["months", "4-4-5", "4-5-4", "5-4-4"] = "months"
    year_start_month: int = Field(ge=1, le=12)
    week_53: Literal["nearest", "last"] = "nearest"
    week_starts_on: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "sunday"
    label: str


class StageSettings(_Section):
    """The stages of a deal, first to last, and which of them end it."""

    order: tuple[str, ...]
    won: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """The stages a deal can be open in, in order."""
        return tuple(s for s in self.order if s not in self.won and s not in self.lost)


class TargetSettings(_Section):
    """The marks a result is held against."""

    coverage_ratio: float = Field(gt=0)
    requirements_coverage_rate: float = Field(ge=0, le=1)
    product_fit_rate: float = Field(ge=0, le=1)
    gap_resolution_rate: float = Field(ge=0, le=1)


class RiskSettings(_Section):
    """When a signal speaks against an open deal, and how its record is counted."""

    stage_quantile: float = Field(gt=0, lt=1)
    pushes: int = Field(ge=1)
    silent_days: int = Field(ge=1)
    contacts: int = Field(ge=0)
    amount_quantile: float = Field(gt=0.5, lt=1)
    owner_days: int = Field(ge=1)
    horizon_days: int = Field(ge=1)
    fewest_deals: int = Field(ge=1)


class Marks(_Section):
    """Where a part of the pipeline's health scores 0 and where 100."""

    bad: float
    good: float

    @model_validator(mode="after")
    def _apart(self) -> Marks:
        if self.bad == self.good:
            raise ValueError("bad and good must differ")
        return self


class HealthSettings(_Section):
    """The marks of each part of the pipeline's health."""

    coverage: Marks
    freshness: Marks
    push_rate: Marks
    stage_age: Marks
    concentration: Marks
    forecast_bias: Marks


class UpkeepSettings(_Section):
    """When models are learnt anew by a scheduled run, and what counts as a sign of age."""

    retrain_after_days: int = Field(ge=1)
    moved_rate: float = Field(gt=0, le=1)
    off_rate: float = Field(gt=0, le=1)


class ModelSettings(_Section):
    """How models are trained and when a simpler one serves instead."""

    horizons_days: tuple[int, ...]
    churn_days: int = Field(gt=0)
    forecast_months: int = Field(gt=0)
    interval_rate: float = Field(gt=0, lt=1)
    seed: int
    threads: int = Field(gt=0)
    most_deals: int = Field(ge=1_000)
    deal_fields: tuple[str, ...] = ()
    min_closed_deals: int = Field(ge=0)
    min_churned_accounts: int = Field(ge=0)
    min_months: int = Field(ge=1)

    @field_validator("horizons_days")
    @classmethod
    def _rising(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or list(value) != sorted(set(value)) or value[0] <= 0:
            raise ValueError("must be positive day counts in rising order")
        return value


class HealthSign(_Section):
    """One sign of a hand-weighted health score: no points at `bad`, all of them at `good`."""

    weight: float = Field(ge=0)
    bad: float
    good: float

    @field_validator("good")
    @classmethod
    def _apart(cls, value: float, info: ValidationInfo) -> float:
        if value == info.data.get("bad"):
            raise ValueError("must differ from bad")
        return value


class CustomerSettings(_Section):
    """How customers are valued and how their health is weighed by hand."""

    kind: Literal["auto", "contract", "repeat"]
    margin_rate: float = Field(ge=0, le=1)
    discount_rate: float = Field(ge=0, lt=1)
    value_months: int = Field(ge=1, le=120)
    green: float = Field(ge=0, le=100)
    red: float = Field(ge=0, le=100)
    health: dict[str, HealthSign]


class CallSettings(_Section):
    """When forecast calls close."""

    lock_days_before_end: int = Field(ge=0)


class RateCard(_Section):
    """What a week of work costs, in the reporting currency."""

    person_week_amount: float = Field(gt=0)
    partner_week_amount: float = Field(gt=0)


class BidSettings(_Section):
    """When to bid: effort to respond, points of the factors, vetoes."""

    hours_per_row: dict[str, float]
    hours_per_week: float = Field(gt=0)
    closable_weeks: float = Field(gt=0)
    factors: dict[str, float]
    go_points: float
    talk_points: float
    most_blockers: int = Field(ge=0)
    least_must_have_rate: float = Field(ge=0, le=1)
    least_chance: float = Field(ge=0, le=1)


class DraftSettings(_Section):
    """How draft answers are written."""

    template: str = ""
    templates: dict[str, dict[str, Any]] = {}


class RequirementSettings(_Section):
    """How gaps are judged, what closing them takes, and whether to bid."""

    weights: dict[str, float]
    support: dict[str, float]
    weeks: dict[str, dict[str, tuple[float, float]]]
    effort: dict[str, dict[str, tuple[float, float]]]
    effort_spread: float = Field(ge=0, lt=1)
    size: dict[str, tuple[float, float]]
    severity: dict[str, dict[str, str]]
    approach: dict[str, dict[str, str]]
    solution: dict[str, str]
    workaround: dict[str, str]
    impact: dict[str, str]
    owners: dict[str, str]
    exposure: dict[str, float]
    chance_lost: dict[str, float]
    approvers: tuple[str, ...]
    four_eyes: bool
    bid: BidSettings
    drafts: DraftSettings


class LanguageModelSettings(_Section):
    """An OpenAI-compatible endpoint of the company's own, which may rewrite drafts; off while no address is set."""

    url: str = ""
    model: str = ""
    key: str = ""
    hosts: tuple[str, ...] = ()
    timeout_seconds: float = Field(default=20.0, gt=0, le=300)
    most_answer_tokens: int = Field(default=400, ge=16, le=8_000)
    most_day_tokens: NonNegativeInt = 200_000
    price_amount: float = Field(default=0.0, ge=0)
    most_day_amount: float = Field(default=0.0, ge=0)
    logged: Literal["full", "masked", "counts"] = "masked"

    @property
    def is_on(self) -> bool:
        """Say whether an administrator has set an endpoint, a model, and its host among those that may be asked."""
        return bool(self.url and self.model and self.hosts)


class AccessRule(_Section):
    """What a group of the identity provider gives to whoever is in it."""

    roles: tuple[str, ...] = Field(min_length=1)
    regions: tuple[str, ...] = ()
    team_of: str = ""
    mask_names: bool = False


class Person(AccessRule):
    """One person who may sign in."""

    name: str = ""


HiddenField = Literal["amounts", "exact_amounts", "margin", "contacts"]


class AccessSettings(_Section):
    """Who gets in, how they are known, and what is hidden from them."""

    sign_in: Literal["none", "oidc", "header"]
    header: str
    proxies: tuple[str, ...]
    hosts: tuple[str, ...]
    frame_ancestors: tuple[str, ...]
    embed_hosts: tuple[str, ...]
    people: dict[str, Person]
    groups: dict[str, AccessRule]
    group_claims: tuple[str, ...]
    groups_header: str
    everyone_else: tuple[str, ...]
    hidden_fields: dict[str, tuple[HiddenField, ...]]
    idle_minutes: int = Field(ge=1)
    longest_hours: int = Field(ge=1)
    offline_digest_days: int = Field(ge=0, le=31)
    mask_names: bool
    masked_roles: tuple[str, ...]
    mask_amounts: bool | Literal["scaled", "rounded", "hidden"]
    mask_key: str


class RetentionSettings(_Section):
    """After how many days what people left is deleted; 0: never."""

    audit_days: NonNegativeInt
    comments_days: NonNegativeInt
    sign_ins_days: NonNegativeInt
    model_calls_days: NonNegativeInt = 0


class MailboxSettings(_Section):
    """A mailbox read by IMAP over TLS; nothing is fetched while host is empty."""

    host: str = ""
    port: int = Field(default=993, ge=1, le=65_535)
    user: str = ""
    password: str = ""
    folders: tuple[str, ...] = ("INBOX", "Sent")
    most_messages: int = Field(default=20_000, ge=1, le=200_000)
    every_minutes: NonNegativeInt = 0

    @field_validator("password")
    @classmethod
    def _by_name(cls, value: str) -> str:
        if value and not (value.startswith("${") and value.endswith("}")):
            raise ValueError("must name a secret as ${NAME}: secrets do not stand in this file")
        return value


class EngagementSettings(_Section):
    """What is kept of mails, meetings and calls, of whom, and for how long."""

    own_domains: tuple[str, ...] = ()
    texts: Literal["none", "subjects", "texts"] = "none"
    no_consent: tuple[str, ...] = ()
    retention_days: NonNegativeInt = 730
    imap: MailboxSettings = MailboxSettings()

    @field_validator("own_domains", "no_consent")
    @classmethod
    def _folded(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value.strip().lower().removeprefix("@") for value in values if value.strip())


class ReplicaSettings(_Section):
    """What several servers of one installation share, and how long one goes on that is told to stop."""

    artifacts: str = ""
    upload_hours: float = Field(default=24.0, gt=0)
    drain_seconds: float = Field(default=30.0, ge=0)

    @field_validator("artifacts")
    @classmethod
    def _is_shared(cls, value: str) -> str:
        if value not in ("", "database") and "://" not in value:
            raise ValueError("must be empty, database, or the address of a bucket such as s3://sales-artifacts")
        return value


class TemplateSettings(_Section):
    """The company's own office files that documents are written into; empty: the house look."""

    docx: str = ""
    pptx: str = ""


class EnablementSettings(_Section):
    """How training, sales material, proofs of concept and contracts are written."""

    templates: TemplateSettings


class DemoSettings(_Section):
    """What is shown to buyers, and which sample company stands there where there are no other data."""

    script: str
    industry: str = Field(min_length=1)
    size: Literal["small", "large"]


class AnswerSettings(_Section):
    """How long an answer stands, in days, per category, and who approves those of the library."""

    stale_days: dict[str, int]
    four_eyes: bool = True


class CrmAddress(_Section):
    """Where a deal and an account of one source open in the CRM: an address with {id} in it; empty: nowhere."""

    deal: str = ""
    account: str = ""

    @field_validator("deal", "account")
    @classmethod
    def _opens(cls, value: str) -> str:
        if value and not (value.startswith(("https://", "http://")) and "{id}" in value):
            raise ValueError("must begin with https:// and hold {id} where the CRM's own id goes")
        return value


class MapSettings(_Section):
    """Where the tiles of regions stand on the map."""

    other: str
    most: int = Field(ge=2, le=200)
    places: dict[str, tuple[NonNegativeInt, NonNegativeInt]]


class Settings(_Section):
    """All settings of one installation; frozen, so that it may be part of a cache key."""

    company: str
    branding: BrandSettings = BrandSettings()
    currency: str = Field(min_length=3, max_length=3)
    time_zone: str
    locale: str = ""
    language: str = ""
    home: Path
    database_url: str
    engine: EngineName = ""
    warehouse: WarehouseSettings = WarehouseSettings()
    source: SourceSettings
    fiscal: FiscalSettings
    stages: StageSettings
    targets: TargetSettings
    risk: RiskSettings
    health: HealthSettings
    models: ModelSettings
    upkeep: UpkeepSettings
    customers: CustomerSettings
    calls: CallSettings
    rates: RateCard
    requirements: RequirementSettings
    access: AccessSettings
    retention: RetentionSettings
    engagement: EngagementSettings = EngagementSettings()
    roles: dict[str, tuple[str, ...]]
    answers: AnswerSettings
    enablement: EnablementSettings
    language_model: LanguageModelSettings
    demo: DemoSettings
    map: MapSettings
    crm_url: dict[str, CrmAddress]
    replicas: ReplicaSettings
    limits: UsageLimits = UsageLimits()

    @field_validator("locale")
    @classmethod
    def _known(cls, value: str) -> str:
        return formats.checked(value) if value else ""

    @field_validator("language")
    @classmethod
    def _has_words(cls, value: str) -> str:
        if value and value not in catalogues.languages():
            raise ValueError(f"there are no words in {value!r}; use {', '.join(catalogues.languages())}")
        return value

    @model_validator(mode="after")
    def _of_roles(self) -> Settings:
        """Refuse a rule for a group that names a role there is not; a person's is told on the Admin page."""
        for group, rule in self.access.groups.items():
            unknown = [role for role in rule.roles if role not in self.roles]
            if unknown:
                near = closest(unknown[0], self.roles)
                hint = (
                    message("; did you mean {near!r}?", near=near)
                    if near
                    else message("; there are {roles}", roles=", ".join(self.roles))
                )
                raise ValueError(f"access.groups.{group} names the role {unknown[0]!r}, which there is not{hint}")
        return self

    @model_validator(mode="after")
    def _of_engine(self) -> Settings:
        if self.engine in DATABASES and not self.warehouse.url:
            raise ValueError(f"engine {self.engine} needs warehouse.url, the address of its database")
        return self

    @property
    def has_warehouse(self) -> bool:
        """Whether the company's tables lie in the engine's own database or lake, and not in files."""
        is_lake = self.engine == "spark" and bool(self.warehouse.db_schema or self.warehouse.tables)
        is_folder = self.engine == "duckdb" and bool(self.warehouse.url)
        return self.engine in DATABASES or is_lake or is_folder

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{(self.home / 'quarterdeck.db').absolute()}"


def file_in_force(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the settings file that `load` reads: the one the environment names, else one in the working folder.

    Parameters
    ----------
    environ : mapping, optional
        Stands in for the process environment.

    Returns
    -------
    Path or None
        None where only the defaults hold. A file named in the environment need not exist.
    """
    named = (os.environ if environ is None else environ).get("QUARTERDECK_CONFIG")
    if named:
        return Path(named)
    return Path(OWN_FILE) if Path(OWN_FILE).exists() else None


Overrides = tuple[tuple[str, str | None], ...]


class FileState(NamedTuple):
    """A settings file in one state; another working folder makes another of a relative path."""

    path: Path
    absolute: str
    changed: int
    size: int


def load(path: Path | str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings in force.

    Parameters
    ----------
    path : path, optional
        The user's YAML file; default `QUARTERDECK_CONFIG`, else `quarterdeck.yaml` in the
        working folder when there is one.
    environ : mapping, optional
        Stands in for the process environment. `QUARTERDECK_HOME`, `QUARTERDECK_DATABASE_URL` (or the file that
        `QUARTERDECK_DATABASE_URL_FILE` names)
        and `QUARTERDECK_DATA` win over the file.

    Returns
    -------
    Settings
        Frozen and validated.

    Raises
    ------
    ConfigError
        When the file is missing, is not YAML, or holds an unknown or invalid setting; the
        closest known name is given.
    """
    env = os.environ if environ is None else environ
    chosen = path or file_in_force(env)
    files = tuple(_state(Path(file)) for file in (DEFAULTS, chosen) if file)
    url = env.get("QUARTERDECK_DATABASE_URL")
    if env.get(URL_FILE) and not url:
        url = _secret(Path(env[URL_FILE]))
    own = (("home", env.get("QUARTERDECK_HOME")), ("database_url", url))
    of_source = (("folder", env.get("QUARTERDECK_DATA")), ("mapping", env.get("QUARTERDECK_MAPPING")))
    brand = Path(_values(files, own, of_source)["home"]) / SAVED
    return _validated(files, own, of_source, _state(brand) if brand.is_file() else None)


@lru_cache(maxsize=16)  # Every run of a page asks several times.
def _values(files: tuple[FileState, ...], own: Overrides, of_source: Overrides) -> Mapping[str, Any]:
    """Put together what the files say and what the environment sets above them; never to be changed."""
    values = _defaults(files[0])
    if len(files) > 1:
        values = _merge(values, _read(files[1]), str(files[1].path))
    values = values | {name: value for name, value in own if value}
    source = {name: value for name, value in of_source if value}
    return values | {"source": {**values["source"], **source}} if source else values


@lru_cache(maxsize=2)
def _defaults(file: FileState) -> dict[str, Any]:
    """Return the settings that come with the package; never to be changed."""
    return _read(file)


@lru_cache(maxsize=16)
def _validated(files: tuple[FileState, ...], own: Overrides, of_source: Overrides, brand: FileState | None) -> Settings:
    """Check what is set, under the brand that an administrator saved."""
    values, where = dict(_values(files, own, of_source)), str(files[1].path if len(files) > 1 else DEFAULTS.name)
    if brand is not None:
        values["branding"] = over(values["branding"], _read(brand), brand.path.parent)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        about = message("The setting {name} is", name=name) if name else "The settings are"
        raise ConfigError(
            message("{about} not valid: {msg}", about=about, msg=first["msg"]), where, "Correct it and start again."
        ) from error


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("The database's address cannot be read.", URL_FILE, "Name a file that holds it.") from error


def _state(path: Path) -> FileState:
    try:
        state = path.stat()
    except OSError as error:
        raise ConfigError("The settings file cannot be read.", str(path), "Check its name and rights.") from error
    return FileState(path, str(path.absolute()), state.st_mtime_ns, state.st_size)


def _read(file: FileState) -> dict[str, Any]:
    """Return a settings file's values."""
    path = file.path
    try:
        content = yaml_text.parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("The settings file cannot be read.", str(path), "Check its name and rights.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        location = str(path) if line is None else message("{path}, line {line}", path=path, line=line + 1)
        raise ConfigError(
            "The settings file is not valid YAML.", location, "Check indents and quotes there."
        ) from error
    if not isinstance(content or {}, dict):
        raise ConfigError("The settings file must hold names and values.", str(path))
    return dict(content or {})


def _merge(base: dict[str, Any], over: dict[str, Any], where: str, prefix: str = "") -> dict[str, Any]:
    out = dict(base)
    for name, value in over.items():
        if name not in base and prefix not in FREELY_NAMED:
            near = closest(str(name), base)
            mend = (
                message("Did you mean {near!r}?", near=near)
                if near
                else message("Known here: {sorted}.", sorted=", ".join(sorted(base)))
            )
            raise ConfigError(
                message("There is no setting called {prefix}{name}.", prefix=prefix, name=name), where, mend
            )
        nested = isinstance(base.get(name), dict) and isinstance(value, dict)
        out[name] = _merge(base[name], value, where, f"{prefix}{name}.") if nested else value
    return out
