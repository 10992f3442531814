"""The ASGI application: the routes of every provider, and beside them `/_sandbox/…`, the control over HTTP."""

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Path
from starlette.types import Receive, Scope, Send

from sandbox.cache import Cache
from sandbox.control import Call, Control, Rule
from sandbox.echotik import ECHOTIK
from sandbox.faults import FAULTS, Exchange, hang_up
from sandbox.keyapi import KEYAPI
from sandbox.parameter import Arguments, Refused
from sandbox.provider import Account, Meter, Provider
from sandbox.replay import Replay
from sandbox.reply import Reply, dump
from sandbox.route import Asked, Question, Route, Setting
from sandbox.winninghunter import WINNINGHUNTER
from sandbox.world import World

NOTHING = Asked()
PROVIDERS: tuple[Provider, ...] = (ECHOTIK, KEYAPI, WINNINGHUNTER)


class Endpoint:
    """Answers one route of a provider, or, without a route, every path of it that is none."""

    def __init__(self, provider: Provider, route: Route | None, sandbox: "Sandbox") -> None:
        self.provider = provider
        self.route = route
        self.sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asked = await _asked(request, self.provider.base)
        route = self.route if self.route and self.provider.served(self.route, self.sandbox.setting) else None
        named = (route.version, route.path) if route else ("", asked.path)
        call = Call(*named, _params(asked, request.path_params if route else {}), provider=self.provider.name)
        with self.sandbox.control.record(call):
            try:
                await self._exchange(call, route, asked, scope, receive, send)
            except asyncio.CancelledError:  # the server stops while the request is open
                await hang_up(receive)

    async def _exchange(
        self, call: Call, route: Route | None, asked: Asked, scope: Scope, receive: Receive, send: Send
    ) -> None:
        control = self.sandbox.control
        await asyncio.sleep(control.seconds(call.path, call.provider))
        rule = control.claim(call)
        known = self.provider.authorized(asked, self.sandbox.account)
        spent = self.sandbox.charge(self.provider, route, rule.fault if rule else None) if known and route else None
        answer = partial(self._answer, call, route, asked, known, spent)
        exchange = Exchange(call, scope, receive, send, self.provider, route, answer)
        if rule:
            await FAULTS[rule.fault](exchange, rule.options)
        else:
            await exchange.reply(exchange.answer())

    def _answer(self, call: Call, route: Route | None, asked: Asked, known: bool, spent: Refused | None) -> Reply:
        provider = self.provider
        if not known:
            return provider.failing("auth", route, {})
        kept = self.sandbox.replay and self.sandbox.replay.find(provider.name, asked.path, call.params)
        if kept:
            return kept
        if not route:
            return provider.unknown(asked) if provider.unknown else provider.failing("not_found", None, {})
        try:
            if spent:
                raise spent
            if asked.body is None:
                raise Refused(fault="bad_request")
            arguments, charged = Arguments(route.parameters, call.params), self.sandbox.meter(provider).spent
            return route.answer(self.sandbox.question(route, arguments, asked, charged))
        except Refused as refused:
            return provider.refusing(refused, route)


class Sandbox:
    """What every endpoint of one application shares."""

    def __init__(
        self, world: World, control: Control, account: Account, setting: Setting, replay: Replay | None = None
    ) -> None:
        self.world = world
        self.control = control
        self.account = account
        self.setting = setting
        self.replay = replay
        self.rows = Cache(8192)
        self.lists = Cache(512)
        self.meters: dict[str, Meter] = {}

    def question(self, route: Route, arguments: Arguments, asked: Asked = NOTHING, spent: int = 0) -> Question:
        return Question(self.world, route.version, arguments, self.setting, self.rows, self.lists, asked, spent)

    def charge(self, provider: Provider, route: Route, fault: str | None) -> Refused | None:
        """Counts a call; why the right answer to it is refused, if it is."""
        self.meter(provider).see(self.world.today)
        return self.meter(provider).charge(self.setting, route, fault)

    def meter(self, provider: Provider) -> Meter:
        if provider.name not in self.meters:
            self.meters[provider.name] = provider.meter()
        return self.meters[provider.name]

    def forget_charges(self) -> None:
        self.meters = {}

    def routes(self, provider: Provider) -> list[BaseRoute]:
        found: list[BaseRoute] = [
            Path(route.wire_path, Endpoint(provider, route, self), methods=list(route.methods))
            for route in provider.routes
        ]
        return [*found, Path(f"{provider.base}{{rest:path}}", Endpoint(provider, None, self))]

    async def calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.control.forget_calls()
            self.forget_charges()
            return Response(status_code=204)
        return JSONResponse({"calls": self.control.seen(), "max_in_flight": self.control.max_in_flight})

    async def faults(self, request: Request) -> Response:
        """POST takes the arguments of SandboxServer.fail, options beside them; DELETE drops all, delays too."""
        if request.method == "DELETE":
            self.control.forget_rules()
            return Response(status_code=204)
        try:
            self.control.add(rule_of(**await request.json()))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    async def mix(self, request: Request) -> Response:
        """POST {"shares": {"rate": 0.05, "stall": 0.01}, "seed": 1}: faults of some calls, drawn at random."""
        try:
            self.control.mix(**known_mix(**await request.json()))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    async def delay(self, request: Request) -> Response:
        """POST {"seconds": 0.2, "path": "product/list", "provider": "echotik"}; without these two, all of them."""
        wanted = await request.json()
        self.control.delay(float(wanted["seconds"]), wanted.get("path"), wanted.get("provider"))
        return Response(status_code=204)

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", "seed": self.world.seed, "today": self.world.today.isoformat()})


def create_app(
    world: World,
    control: Control,
    *,
    username: str = "sandbox",
    password: str = "sandbox",
    api_key: str = "sandbox",
    setting: Setting | None = None,
    replay: Replay | None = None,
) -> Starlette:
    """The emulated providers over a world, steered by a control. `setting` may be changed through the app's state."""
    sandbox = Sandbox(world, control, Account(username, password, api_key), setting or Setting(), replay)
    routes = [
        Path("/_sandbox/calls", sandbox.calls, methods=["GET", "DELETE"]),
        Path("/_sandbox/faults", sandbox.faults, methods=["POST", "DELETE"]),
        Path("/_sandbox/mix", sandbox.mix, methods=["POST"]),
        Path("/_sandbox/delay", sandbox.delay, methods=["POST"]),
        Path("/_sandbox/health", sandbox.health, methods=["GET"]),
        *(route for provider in PROVIDERS for route in sandbox.routes(provider)),
    ]
    app = Starlette(routes=routes)
    app.state.sandbox = sandbox
    return app


def known_mix(shares: Mapping[str, float], seed: object = 0) -> dict[str, Any]:
    """The arguments of a mix; ValueError for a fault that is none, or shares of more than all calls."""
    for fault in shares:
        check_fault(fault)
    if min(shares.values(), default=0) < 0 or sum(shares.values()) > 1:
        raise ValueError("shares are of all calls: from 0, and 1 together at most")
    return {"shares": shares, "seed": seed}


def check_fault(fault: str) -> None:
    if fault not in FAULTS:
        raise ValueError(f"no fault is called {fault!r}; there are {', '.join(sorted(FAULTS))}")


def rule_of(path: str, fault: str, **rest: Any) -> Rule:
    """A rule from plain arguments; ValueError for a fault that is none."""
    check_fault(fault)
    known = {name: rest.pop(name) for name in ("times", "version", "provider") if name in rest}
    when = {name: str(value) for name, value in (rest.pop("when", None) or {}).items()}
    return Rule(path, fault, rest, when=when, **known)


async def _asked(request: Request, base: str) -> Asked:
    return Asked(
        method=request.method,
        path=str(request.url.path).removeprefix(base),
        headers=request.headers,
        query=_query(request),
        body=_object(await request.body()) if request.method == "POST" else {},
    )


def _query(request: Request) -> dict[str, str]:
    """Query parameters; one sent several times is joined with commas."""
    params: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        params[name] = f"{params[name]},{value}" if name in params else value
    return params


def _object(body: bytes) -> dict[str, Any] | None:
    """A JSON object; {} for no body, None for anything else."""
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        return None
    return sent if isinstance(sent, dict) else None


def _params(asked: Asked, path: Mapping[str, Any]) -> dict[str, str]:
    """What was sent, wherever it was, as text."""
    body = {name: _text(value) for name, value in (asked.body or {}).items() if value is not None}
    return {**asked.query, **body, **{name: str(value) for name, value in path.items()}}


def _text(value: object) -> str:
    """A value of a JSON body as a query would have it."""
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return value if isinstance(value, str) else dump(value).decode()
