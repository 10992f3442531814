"""Every upstream call of every kind passes one function: Service.call."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from telemetry import metrics, tracing
from upstream.account import Account
from upstream.drift import Drift
from upstream.endpoint import Endpoint, Place
from upstream.envelope import Answer, Response
from upstream.errors import (
    BadResponse,
    BudgetExceeded,
    CapabilityUnavailable,
    Forbidden,
    QuotaExhausted,
    RateLimited,
    ShopgraphError,
    Unauthenticated,
    UnknownRoute,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from upstream.http import Broken, Http, Oversized, Timeout
from upstream.operation import Operation, Span

log = structlog.get_logger("shopgraph.upstream")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 4.0
TOO_LATE = "the deadline passed before the call could be made"
LEAST_SECONDS = 0.02
"""Before the deadline no call is made, nor paid: it could not be answered, and might not even be sent."""


IsOnly = Callable[[Endpoint, Mapping[str, Any], tuple[str, ...]], bool]


class Service:
    """The configured providers, and the way to ask them.

    accounts       in the operator's order
    call_seconds   the longest that one attempt may take
    is_only        whether no other provider, of those named or of all, tells what is asked of an endpoint
    watch          sees every HTTP answer, before it is read
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        http: Http,
        *,
        call_seconds: float,
        is_only: IsOnly = lambda *_: True,
        watch: Callable[[Endpoint, Response], None] | None = None,
    ) -> None:
        self.accounts = {account.provider: account for account in accounts}
        self._http = http
        self._call_seconds = call_seconds
        self._is_only = is_only
        self.watch = watch
        self.drift = Drift()
        self.disabled: frozenset[str] = frozenset()

    def admits(self, endpoint: Endpoint) -> bool:
        """Whether a call would be made now, as far as its provider's circuit and the route are concerned."""
        account = self.accounts[endpoint.provider]
        return account.breaker.admits and not account.is_closed(endpoint.route)

    async def call(
        self, endpoint: Endpoint, arguments: Mapping[str, Any], operation: Operation, page: Place | None = None
    ) -> Answer:
        """Ask one endpoint once, with its retries.

        arguments   by their names in the graph, as the endpoint declares them
        page        its number from 1, or its offset, where the endpoint has pages
        Raises      BadInput before any call; UpstreamError of the failure's class after its retries
        """
        params = endpoint.encode(arguments, page)
        keys = len(arguments[endpoint.ids]) if endpoint.ids is not None and endpoint.ids in arguments else None
        kind = "list" if keys is None else "batch"
        with tracing.span(f"{kind} {endpoint.title}", operation.span, endpoint=endpoint.title, keys=keys):
            return await self._called(endpoint, arguments, params, operation)

    async def _called(
        self, endpoint: Endpoint, arguments: Mapping[str, Any], params: Mapping[str, str], operation: Operation
    ) -> Answer:
        account = self.accounts[endpoint.provider]
        trial = self._check(account, endpoint, arguments, operation)
        access = account.access
        try:
            answer = await self._attempts(account, endpoint, params, operation)
        except ShopgraphError as error:
            if account.access is not access and isinstance(error, Unauthenticated | QuotaExhausted):
                raise  # it says nothing of the credentials that are used by now
            if not isinstance(error, UpstreamTimeout) or error.asked:  # what never left says nothing of the provider
                account.breaker.failed(error, trial)
            if isinstance(error, Forbidden) or (isinstance(error, UnknownRoute) and not endpoint.published):
                account.close_route(endpoint.route)
            raise
        finally:
            account.breaker.ended(trial)
        account.breaker.succeeded(trial)
        return answer

    async def close(self) -> None:
        self.drift.close()
        await self._http.close()

    def _check(self, account: Account, endpoint: Endpoint, arguments: Mapping[str, Any], operation: Operation) -> bool:
        if endpoint.route in self.disabled:
            raise CapabilityUnavailable(f"{endpoint.title}: is switched off", capability=endpoint.name)
        if account.is_closed(endpoint.route) and not endpoint.published:
            raise UnknownRoute(endpoint.title, "not asked again today, the provider does not have this route", asked=0)
        if account.is_closed(endpoint.route):
            raise Forbidden(endpoint.title, "not asked again today, the account may not use this route", asked=0)
        return account.breaker.check(endpoint.title, lambda: self._is_only(endpoint, arguments, operation.providers))

    async def _attempts(
        self, account: Account, endpoint: Endpoint, params: Mapping[str, str], operation: Operation
    ) -> Answer:
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, UpstreamError)),
            stop=lambda state: _is_last(state, operation),
            wait=_pause,
            reraise=True,
        )
        told: UpstreamError | None = None
        async for attempt in retrying:
            with attempt:
                try:
                    return await self._attempt(account, endpoint, params, operation, attempt.retry_state.attempt_number)
                except UpstreamError as error:
                    told = error if told is None or error.asked else told  # says more than that time ran out behind it
                    raise told from None
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(
        self, account: Account, endpoint: Endpoint, params: Mapping[str, str], operation: Operation, number: int
    ) -> Answer:
        async with self._slot(account, endpoint, operation):
            started = time.monotonic()
            operation.is_out = True
            try:
                answer = await self._ask(account, endpoint, params, operation, number)
            except ShopgraphError as error:
                operation.is_out = False
                if isinstance(error, RateLimited):
                    await account.limiter.slow_down()
                self._log(endpoint, operation, number, started, error)
                raise
            self._log(endpoint, operation, number, started, None)
            return answer

    async def _ask(
        self, account: Account, endpoint: Endpoint, params: Mapping[str, str], operation: Operation, number: int
    ) -> Answer:
        if _time_left(operation) < 0:
            raise UpstreamTimeout(endpoint.title, TOO_LATE, asked=0)
        seconds = min(self._call_seconds, operation.remaining)
        await operation.ledger.charge(endpoint.title, endpoint.credits, again=number > 1)
        account.count.count(endpoint.credits)
        span = operation.ledger.span(endpoint.title, endpoint.provider, endpoint.credits, number)
        client = operation.client  # another one may pay what follows
        try:
            return await self._traced(account, endpoint, params, operation, span, seconds)
        finally:
            count_call(span, client, endpoint.credits)

    async def _traced(
        self,
        account: Account,
        endpoint: Endpoint,
        params: Mapping[str, str],
        operation: Operation,
        span: Span,
        seconds: float,
    ) -> Answer:
        with tracing.span(
            f"call {endpoint.title}",
            leaves=True,
            provider=endpoint.provider,
            endpoint=endpoint.title,
            method=endpoint.method,
            template=endpoint.path,
            attempt=span.attempt,
            request=operation.trace,
            client=operation.client,
        ) as traced:
            try:
                return await self._answer(account, endpoint, params, operation, span, seconds)
            finally:
                tracing.tell(traced, failed=span.outcome != "OK", outcome=span.outcome, credits=span.credits)

    async def _answer(
        self,
        account: Account,
        endpoint: Endpoint,
        params: Mapping[str, str],
        operation: Operation,
        span: Span,
        seconds: float,
    ) -> Answer:
        """What a call that is paid tells; what is not charged is given back."""
        with span, metrics.CALLS_IN_FLIGHT.labels(endpoint.provider).track_inprogress():
            response = await self._send(account, endpoint, params, seconds)
        if self.watch is not None:
            self.watch(endpoint, response)
        try:
            answer = endpoint.vendor.read(endpoint, response, params)
            self.drift.offer(endpoint, response.body)
            return answer
        except ShopgraphError as error:
            error.hide(account.access.secrets)  # providers may repeat what they were sent
            span.outcome = error.code
            if isinstance(error, endpoint.vendor.free):
                span.credits = 0
                operation.ledger.refund(endpoint.credits)
                account.count.refund(endpoint.credits)
            raise
        finally:
            await account.count.counted()
            await operation.ledger.counted()

    async def _send(self, account: Account, endpoint: Endpoint, params: Mapping[str, str], seconds: float) -> Response:
        try:
            async with asyncio.timeout(seconds):
                base = account.access.bases[endpoint.base]
                told = await self._http.send(base, endpoint.request(params), account.access.headers, seconds)
        except (Timeout, TimeoutError):
            raise UpstreamTimeout(endpoint.title, f"no answer within {seconds:.1f} s") from None
        except Broken as error:
            raise UpstreamUnavailable(endpoint.title, f"the connection failed ({error})") from None
        except Oversized as error:
            raise BadResponse(endpoint.title, f"the body is {error}") from None
        body = account.veil.over(told.body)
        if body is not told.body:
            log.warning("the provider repeats our credentials", endpoint=endpoint.route)
        return told._replace(body=body)

    @asynccontextmanager
    async def _slot(self, account: Account, endpoint: Endpoint, operation: Operation) -> AsyncIterator[None]:
        """A place among the calls in flight; a call in back-off holds none."""
        client = operation.client
        try:
            async with asyncio.timeout(_time_left(operation)):
                await account.limiter.acquire(client)
        except TimeoutError:
            raise UpstreamTimeout(endpoint.title, TOO_LATE, asked=0) from None
        try:
            try:
                async with asyncio.timeout(_time_left(operation)):
                    await account.limiter.pace()
            except TimeoutError:
                raise UpstreamTimeout(endpoint.title, TOO_LATE, asked=0) from None
            yield
        finally:
            account.limiter.release(client)

    def _log(
        self, endpoint: Endpoint, operation: Operation, number: int, started: float, error: ShopgraphError | None
    ) -> None:
        fields = {
            "endpoint": endpoint.route,
            "attempt": number,
            "ms": round((time.monotonic() - started) * 1000, 1),
            "request": operation.trace,
        }
        if error is None:
            log.debug("call", **fields)
        elif isinstance(error, BudgetExceeded):
            log.debug("call not paid", **fields)  # the operation's own line tells of it
        else:
            log.warning("call failed", **fields, code=error.code, error=error.message)


def count_call(span: Span, client: str, price: int) -> None:
    """Count an attempt that has ended: what it was charged, and what it is put down to its client at."""
    metrics.CALLS.labels(span.provider, span.endpoint, span.outcome).inc()
    metrics.CALL_SECONDS.labels(span.provider).observe((span.ended or span.began) - span.began)
    metrics.CREDITS.labels(span.provider, span.endpoint).inc(span.credits)
    metrics.CLIENT_CREDITS.labels(client).inc(price)


def _is_last(state: RetryCallState, operation: Operation) -> bool:
    """Whether the class of the failure, or the deadline, allows no further attempt."""
    error = _error(state)
    pause = state.upcoming_sleep
    attempts = error.attempts_left if operation.patience is None else min(operation.patience, error.attempts_left)
    return state.attempt_number > attempts or pause >= _time_left(operation)


def _time_left(operation: Operation) -> float:
    """Seconds until it is too late for a call."""
    return operation.remaining - LEAST_SECONDS


def _pause(state: RetryCallState) -> float:
    """Seconds before the next attempt: as told, else longer each time, with jitter."""
    error = _error(state)
    if error.wait is not None:
        return error.wait
    first = FIRST_PAUSE if error.pause is None else error.pause
    longer: float = first * 2.0 ** (state.attempt_number - 1)
    return min(LONGEST_PAUSE, longer) * random.uniform(0.5, 1.0)


def _error(state: RetryCallState) -> UpstreamError:
    assert state.outcome is not None
    error = state.outcome.exception()
    assert isinstance(error, UpstreamError)
    return error
