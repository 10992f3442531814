"""Settings read again while the server runs: credentials of providers and keys of clients, and what is switched off.

Other settings need a restart. One that cannot be used leaves all of them as they were.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from loaders.backend import Backend
from serving.clients import Clients
from settings import Misconfigured, Settings

log = structlog.get_logger("shopgraph.server")


class Reload:
    """Reads the settings of a server again.

    hide   is told of the settings whose secrets the log may not hold
    """

    def __init__(
        self, settings: Settings, backend: Backend, clients: Clients, hide: Callable[[Settings], None]
    ) -> None:
        self._settings = settings
        self._backend = backend
        self._clients = clients
        self._hide = hide

    def __call__(self) -> None:
        try:
            found = self._settings.again()
        except Misconfigured as error:
            log.error("settings not read again, those of before hold", error=str(error))
            return
        self._hide(found)
        changed = self._credentials(found)
        self._backend.switch(found.disabled_endpoints)
        self._clients.reload(found)
        self._settings = found
        log.info("settings read again", credentials=changed, disabled=found.shopgraph_disabled_endpoints)

    def _credentials(self, found: Settings) -> list[str]:
        """Use the new ones; whose they are."""
        accounts = self._backend.service.accounts
        changed = []
        for access in [] if found.uses_sandbox else found.accesses:
            account = accounts.get(access.provider)
            if account is not None and account.renew(access):
                changed.append(access.provider)
        return changed
