"""Secrets by name: from the environment, a secrets file or the keyring; and texts without them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import yaml

from core.contracts.errors import SourceError
from core.sealing.vault import Vault

SECRET = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
FILE = "secrets.yaml"
SERVICE = "quarterdeck"
HIDDEN = "•••"
SHORTEST_HIDDEN = 4


class Secrets:
    """The secrets of one run, looked up when they are needed and taken out of every text that leaves it.

    Parameters
    ----------
    folder : Path
        Holds `secrets.yaml`: name to secret, readable for its owner alone.
    environment : mapping, optional
        Default: that of the process.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.file = folder / FILE
        self.environment = os.environ if environment is None else environment
        self.used: set[str] = set()
        self.vault = Vault(self.environment)

    def filled(self, text: str) -> str:
        """Return a text with every `${NAME}` replaced by the secret of that name.

        Raises
        ------
        SourceError
            When nothing holds it.
        """
        return SECRET.sub(lambda match: self.value(match[0][2:-1]), text)

    def value(self, name: str) -> str:
        """Return the secret of a name.

        Raises
        ------
        SourceError
            When nothing holds it, or the secrets file is readable for others.
        """
        secret = self.environment.get(name) or self._of_file().get(name) or _of_keyring(name)
        if not secret:
            raise SourceError(
                f"There is no secret called {name}.",
                mend=f"Set the environment variable {name}, write it into {FILE} beside the connectors, or put it into "
                f"the keyring under {SERVICE}.",
            )
        self.hide(secret)
        return secret

    def has(self, name: str) -> bool:
        """Say whether a secret is there."""
        return bool(self.environment.get(name) or self._of_file().get(name) or _of_keyring(name))

    def keep(self, values: Mapping[str, str]) -> None:
        """Write secrets into the secrets file, which only its owner may read; what is there already stays.

        Where the installation has a key, all of them are sealed with it.
        """
        for secret in values.values():
            self.hide(secret)
        together = {**self._of_file(), **values}
        sealed = {name: self.vault.seal_text(secret, name) for name, secret in together.items()}
        content = yaml.safe_dump(sealed, allow_unicode=True)
        part = self.file.with_suffix(".part")
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
        part.replace(self.file)

    def hide(self, secret: str) -> None:
        """Take a secret out of every text from now on: a token that was fetched, for example."""
        if len(secret) >= SHORTEST_HIDDEN:
            self.used |= {secret, quote(secret, safe=""), quote_plus(secret)}

    def hidden(self, text: str) -> str:
        """Return a text without any secret that was used."""
        for secret in sorted(self.used, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def _of_file(self) -> dict[str, str]:
        if not self.file.is_file():
            return {}
        if os.name == "posix" and self.file.stat().st_mode & 0o077:
            raise SourceError("Others can read the secrets file.", self.file.name, "Set its rights: chmod 600.")
        try:
            content = yaml.safe_load(self.file.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError, UnicodeDecodeError):
            # The cause is not chained: it quotes the line it stumbles over.
            raise SourceError(
                "The secrets file cannot be read.", self.file.name, "Write NAME: secret a line."
            ) from None
        values = content.items() if isinstance(content, dict) else ()
        return {str(name): self.vault.open_text(str(secret), str(name)) for name, secret in values}


def _of_keyring(name: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password(SERVICE, name) or ""
    except KeyringError:
        return ""
